/**
 * Rebuilds the tallies that a correction's rows belong to, where they keep something of their samples (SPEC §16.6): some at once get
 * their shadows, then are told what they would have kept before, and the versions that took over from them follow.
 */
import type { Selectable } from 'kysely';
import type { ControlChange } from '#core/messages/control.ts';
import type { CorrectedTally } from '#core/messages/correction.ts';
import type { CorrectionTable, Reader } from '../schema.ts';
import { idOf } from './corrections.ts';
import type { CorrectionPorts } from './ports.ts';
import { distinct, keptBy, keyOf, recipesOf, talliesAtOnce, talliesOf, TallyTerms, type Kept } from './rebuilt.ts';

/** How far it is, as the correction keeps it. */
interface Progress {
  /** Those that have shadows, and whether they were told what they would have kept. */
  readonly now: readonly CorrectedTally[];
  readonly isTold: boolean;
  readonly todo: readonly CorrectedTally[];
  readonly done: readonly CorrectedTally[];
}

type Change<Kind> = Kind extends ControlChange['kind']
  ? Omit<Extract<ControlChange, { readonly kind: Kind }>, 'id' | 'n'>
  : never;

export interface Rebuilding {
  readonly progress: Progress;
  /** None: all is done. */
  readonly changes: readonly Change<'correctionShadow' | 'correctionTally'>[];
}

/** What is to be sent next; undefined where no rater answers. The store holds what was taken. Throws CORRECTION_REFUSED, CORRECTION_TOO_LARGE. */
export async function nextRebuilding(
  db: Reader,
  ports: CorrectionPorts,
  row: Selectable<CorrectionTable>,
): Promise<Rebuilding | undefined> {
  const { tenant, partition } = row;
  const at = { partition, asOf: row.ready_seq! };
  const terms = await TallyTerms.of(db, tenant);
  if (row.cursor === null) {
    const rows = await ports.correctedPlaces(tenant, at, idOf(row));
    return shadowed({ now: [], isTold: true, todo: await talliesOf(ports, terms, tenant, at, rows), done: [] });
  }
  const progress = JSON.parse(row.cursor) as Progress;
  const recipes = await recipesOf(ports, partition, tenant, progress.now);
  if (recipes === undefined) return undefined;
  if (progress.isTold) {
    const known = new Set([...progress.now, ...progress.todo, ...progress.done].map(keyOf));
    const heirs = distinct(recipes.flatMap((recipe) => recipe.heirs)).filter((place) => !known.has(keyOf(place)));
    const done = [...progress.done, ...progress.now];
    return shadowed({ now: [], isTold: true, todo: [...progress.todo, ...heirs], done });
  }
  // A price that came late took some over meanwhile: they begin anew.
  const [lost, left] = [recipes.filter(({ shadowSeq }) => shadowSeq === null), recipes.filter(({ shadowSeq }) => shadowSeq !== null)]; // prettier-ignore
  const told = { ...progress, isTold: true, now: left.map(({ tally }) => tally), todo: [...progress.todo, ...lost.map(({ tally }) => tally)] }; // prettier-ignore
  if (left.length === 0) return shadowed(told);
  const kept = await keptBy(ports, terms, tenant, { ...at, recipes: left });
  return { progress: told, changes: kept.flatMap(messagesOf) };
}

/** Begins the shadows of the next ones. */
function shadowed({ todo, done }: Progress): Rebuilding {
  const now = todo.slice(0, talliesAtOnce);
  const changes = now.length === 0 ? [] : [{ kind: 'correctionShadow' as const, tallies: now }];
  return { progress: { now, isTold: false, todo: todo.slice(now.length), done }, changes };
}

function messagesOf({ recipe, after }: Kept): Change<'correctionTally'>[] {
  const parts = [...after.all.messages()];
  const carried = String(after.carried.quantity);
  return parts.map((kept, i) => ({ kind: 'correctionTally', tally: recipe.tally, kept, carried, isLast: i === parts.length - 1 })); // prettier-ignore
}
