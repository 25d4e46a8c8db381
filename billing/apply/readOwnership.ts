import { resourcePattern } from '#core/messages/names.ts';
import { producerKey } from '../producers/producers.ts';
import { billingLimits } from '../limits.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation } from './organisation.ts';
import { unique } from './parts.ts';
import { readInstant } from './readInstant.ts';
import { idShape, matching, slugShape, type Shape } from './shapes.ts';

const entriesMax = 50_000;

const patternShape: Shape = {
  fits: (text) => resourcePattern.test(text.endsWith('/*') ? text.slice(0, -2) : text),
  expected: 'a resource such as web-1, or web-1/* for all below it',
};

export function readOwnership(file: Fields, timeZone: string, faults: Faults): Organisation['ownership'] {
  const read = file.list('ownership', entriesMax).flatMap((node) => {
    const fields = Fields.of(node, ['resource', 'account', 'from'], faults);
    if (fields === undefined) return [];
    const resource = fields.text('resource', patternShape);
    const account = fields.text('account', slugShape);
    const fromMs = fields.has('from') ? readInstant(fields, 'from', timeZone, faults) : 0;
    if (resource === undefined || account === undefined || fromMs === undefined) return [];
    return [{ resource, account: { name: account, at: fields.atOf('account') }, fromMs, at: fields.atOf('resource') }];
  });
  const first = new Map<string, (typeof read)[number]>();
  for (const entry of read) {
    const key = `${entry.resource} from ${entry.fromMs}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, entry);
    else {
      const same = other.account.name === entry.account.name;
      const expected = `one owner; line ${other.at.line} gives it to ${other.account.name}`;
      faults.add(same ? 'DUPLICATE' : 'OWNERSHIP_AMBIGUOUS', entry.at, entry.resource, expected);
    }
  }
  return [...first.values()];
}

export function readProducers(file: Fields, faults: Faults): Organisation['producers'] {
  const read = file.list('producers', entriesMax).flatMap((node) => {
    const fields = Fields.of(node, ['id', 'type', 'simulated', 'keys'], faults);
    if (fields === undefined) return [];
    const id = fields.text('id', idShape);
    const type = fields.oneOf('type', ['agent', 'gateway', 'importer']);
    const simulated = fields.boolean('simulated', false);
    const texts = fields.texts('keys', matching(/^\S+$/, 'an Ed25519 public key'), billingLimits.producerKeysMax);
    const keys = texts.flatMap(({ text, at }) => {
      const key = producerKey(text);
      if (key === undefined)
        faults.add('PRODUCER_KEY_INVALID', at, text, 'the raw 32 bytes of an Ed25519 key, base64url');
      return key ?? [];
    });
    return id === undefined || type === undefined || simulated === undefined
      ? []
      : [{ id, type, simulated, keys, at: fields.atOf('id') }];
  });
  return unique(read, (producer) => producer.id, faults);
}
