import type { Faults } from './faults.ts';
import { Fields } from './fields.ts';
import type { Organisation, Ref, Wanted, WantedAccount } from './organisation.ts';
import { budgetLimits } from '#core/budgets/limits.ts';
import { readTimeZone, unique } from './parts.ts';
import { dateShape, nameShape, slugShape } from './shapes.ts';
import { billingLimits, periodLimits } from '../limits.ts';
import type { Node } from './yaml.ts';

const types = ['organisation', 'department', 'project', 'host', 'client', 'suspense'] as const;

/** Deeper trees are a mistake, and every level is added to by every sample below it. */
const depthMax = 32;

/** Accounts, nested under `children` or flat with `parent`, in the order of the file with parents first. */
export function readAccounts(file: Fields, faults: Faults): Organisation['accounts'] {
  const found: Wanted<WantedAccount>[] = [];
  const readAll = (nodes: readonly Node[], above: Ref | undefined, depth: number): void => {
    for (const node of nodes) {
      const fields = Fields.of(
        node,
        ['slug', 'name', 'type', 'timeZone', 'since', 'closeAfterDays', 'tags', 'parent', 'children'],
        faults,
      );
      if (fields === undefined) continue;
      const slug = fields.text('slug', slugShape);
      const account = readAccount(fields, above, faults);
      if (slug !== undefined && account !== undefined) found.push({ slug, ...account, at: fields.atOf('slug') });
      else if (slug !== undefined) faults.unreadable.add(slug);
      const children = fields.list('children', billingLimits.accountsMax);
      if (depth >= depthMax && children.length > 0) {
        faults.add('VALUE_INVALID', fields.atOf('children'), '', `a tree of at most ${depthMax} levels`);
      } else readAll(children, { name: slug ?? '', at: fields.at }, depth + 1);
    }
  };
  readAll(file.list('accounts', billingLimits.accountsMax), undefined, 1);
  return parentsFirst(
    unique(found, (account) => account.slug, faults),
    faults,
  );
}

function readAccount(fields: Fields, above: Ref | undefined, faults: Faults): Omit<WantedAccount, 'slug'> | undefined {
  const name = fields.text('name', nameShape);
  const type = fields.oneOf('type', types);
  const timeZone = fields.has('timeZone') ? readTimeZone(fields, faults) : undefined;
  const startsOn = fields.has('since') ? fields.text('since', dateShape) : undefined;
  const said = fields.has('parent') ? fields.text('parent', slugShape) : undefined;
  if (above !== undefined && fields.has('parent')) {
    faults.add('KEY_UNKNOWN', fields.atOf('parent'), said ?? '', 'no parent here: the account stands below one');
  }
  const parent = above ?? (said === undefined ? undefined : { name: said, at: fields.atOf('parent') });
  const closeAfterDays = fields.has('closeAfterDays') ? readCloseAfter(fields) : undefined;
  if (closeAfterDays !== undefined && parent !== undefined) {
    faults.add('VALUE_INVALID', fields.atOf('closeAfterDays'), '', 'a root account: periods close for a whole tree');
  }
  return name === undefined || type === undefined
    ? undefined
    : { name, type, timeZone, startsOn, closeAfterDays, tags: readTags(fields, faults), parent };
}

/** Names with one value each; undefined for none. */
function readTags(fields: Fields, faults: Faults): Readonly<Record<string, string>> | undefined {
  const node = fields.nodeOf('tags');
  if (node === undefined) return undefined;
  const { tagsMax, textMax } = budgetLimits;
  if (node.kind !== 'map' || node.entries.size > tagsMax) {
    faults.add('VALUE_INVALID', node.at, '', `a map of at most ${tagsMax} tags`);
    return undefined;
  }
  const tags = [...node.entries].map(([name, { node: value }]): [string, string] => {
    const text = value.kind === 'text' ? value.text : '';
    if (text === '' || text.length > textMax || name.length > textMax)
      faults.add('VALUE_INVALID', value.at, text, `a text of at most ${textMax} characters`);
    return [name, text];
  });
  return tags.length === 0 ? undefined : Object.fromEntries(tags);
}

/** `off`, or days. */
function readCloseAfter(fields: Fields): number | null | undefined {
  const node = fields.nodeOf('closeAfterDays');
  if (node?.kind === 'text' && node.text === 'off') return null;
  return fields.integer('closeAfterDays', { min: 0, max: periodLimits.closeAfterDaysMax });
}

/** Orders accounts so that a parent precedes its children; circles are reported and left out. */
function parentsFirst(accounts: readonly Wanted<WantedAccount>[], faults: Faults): Wanted<WantedAccount>[] {
  const bySlug = new Map(accounts.map((account) => [account.slug, account]));
  const state = new Map<string, 'open' | 'done' | 'circle'>();
  const ordered: Wanted<WantedAccount>[] = [];
  const place = (account: Wanted<WantedAccount>): boolean => {
    const known = state.get(account.slug);
    if (known === 'open')
      faults.add('ACCOUNT_CYCLE', account.parent?.at ?? account.at, account.slug, 'a parent that is not below it');
    if (known !== undefined) return known === 'done';
    state.set(account.slug, 'open');
    const parent = account.parent === undefined ? undefined : bySlug.get(account.parent.name);
    const placed = parent === undefined || place(parent);
    state.set(account.slug, placed ? 'done' : 'circle');
    if (placed) ordered.push(account);
    return placed;
  };
  for (const account of accounts) place(account);
  return ordered;
}
