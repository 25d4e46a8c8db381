/** Targets of alerts as a file gives them. */
import {
  targetKinds,
  targetLimitBounds,
  type MailAddresses,
  type TargetKind,
  type TargetLimits,
} from '#core/messages/delivery.ts';
import { billingLimits } from '../limits.ts';
import { isChat, shownAddress } from '../targets/targets.ts';
import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation } from './organisation.ts';
import { isComplete, unique } from './parts.ts';
import { idShape, mailAddressShape, mailServerShape, nameShape, webhookUrlShape } from './shapes.ts';

const entriesMax = 10_000;
const everyKind = ['id', 'kind', 'enabled', 'limits'];

export function readTargets(file: Fields, faults: Faults): Organisation['targets'] {
  const read = file.list('targets', entriesMax).flatMap((node) => {
    const all = Fields.of(node, [...everyKind, 'url', 'server', 'from', 'to', 'user'], faults);
    if (all === undefined) return [];
    const id = all.text('id', idShape);
    const kind = all.oneOf('kind', targetKinds, 'webhook');
    const limits = readLimits(all, faults);
    const enabled = all.boolean('enabled', true);
    const place =
      kind === undefined ? undefined : kind === 'mail' ? readMail(all, faults) : readAddress(all, kind, faults);
    const target = { id, kind, enabled, limits };
    if (place !== undefined && isComplete(target)) return [{ ...target, ...place, at: all.atOf('id') }];
    if (id !== undefined) faults.unreadable.add(id);
    return [];
  });
  return unique(read, (target) => target.id, faults);
}

function readAddress(fields: Fields, kind: TargetKind, faults: Faults) {
  for (const key of ['server', 'from', 'to', 'user'].filter((name) => fields.has(name)))
    faults.add('KEY_UNKNOWN', fields.atOf(key), key, `${key} for kind mail alone`);
  const address = fields.text('url', webhookUrlShape);
  if (address === undefined) return undefined;
  return isChat(kind) ? { url: shownAddress(address), address } : { url: address };
}

function readMail(fields: Fields, faults: Faults): { url: string; mail: MailAddresses } | undefined {
  if (fields.has('url')) faults.add('KEY_UNKNOWN', fields.atOf('url'), 'url', 'server for kind mail');
  const url = fields.text('server', mailServerShape);
  const from = fields.text('from', mailAddressShape);
  const to = fields.texts('to', mailAddressShape, billingLimits.mailRecipientsMax).map(({ text }) => text);
  const node = fields.nodeOf('to');
  if (node === undefined || (node.kind === 'list' && node.items.length === 0))
    fields.missing('to', `1 to ${billingLimits.mailRecipientsMax} mail addresses`);
  const user = fields.has('user') ? fields.text('user', nameShape) : undefined;
  if (url === undefined || from === undefined || to.length === 0) return undefined;
  return { url, mail: { from, to, ...(user === undefined ? {} : { user }) } };
}

function readLimits(target: Fields, faults: Faults): TargetLimits {
  const fields = Fields.of(target.nodeOf('limits'), [...Object.keys(targetLimitBounds), 'order'], faults);
  if (fields === undefined) return {};
  const given = Object.entries(targetLimitBounds).flatMap(([key, [min, max]]) => {
    const value = fields.has(key) ? fields.integer(key, { min, max }) : undefined;
    return value === undefined ? [] : [[key, value] as const];
  });
  const order = fields.has('order') ? fields.oneOf('order', ['source', 'target'] as const) : undefined;
  return { ...Object.fromEntries(given), ...(order === undefined ? {} : { order }) };
}
