import { join } from 'node:path';
import type { TargetKind } from '#core/messages/delivery.ts';
import { placeOf } from '#core/messages/names.ts';
import { seal } from '#platform/sealing.ts';
import { change, type Author, type Office } from '../change.ts';
import { billingError } from '../errors.ts';
import { firstSecret, mailPassword } from '../targets/targets.ts';
import { auditedValues, diffOf, type ApplyResult } from './diff.ts';
import { Faults } from './faults.ts';
import { controlChanges, planChanges } from './plan.ts';
import { readPresent } from './present.ts';
import { readOrganisation } from './read.ts';
import { writePlan } from './write.ts';

export { printDiff, type ApplyAnswer, type ApplyResult, type DiffEntry } from './diff.ts';
export { describeFault, type Fault } from './faults.ts';

export interface ApplyOptions {
  /** How the file is called in messages. */
  readonly file: string;
  readonly dryRun: boolean;
  readonly reason: string;
  /** Whether other owners and new versions of prices may begin in the past: what is rated stays, until a correction rates it again. */
  readonly past?: boolean;
  /** Who may change users and producers, which open doors, besides what an operator may. */
  readonly isAdmin: boolean;
}

export interface Secrets {
  readonly sealingKey: Uint8Array;
  /** Folder of the targets' first secrets, `<tenant>.<target>`. */
  readonly targetSecrets: string;
}

/**
 * Applies an organisation file: everything in it is checked before anything is written, and all of it is written or
 * nothing. A file that says what is so already changes nothing. Throws APPLY_INVALID with every fault, or TENANT_MISMATCH.
 */
export async function applyDocument(
  office: Office,
  author: Author,
  secrets: Secrets,
  text: string,
  options: ApplyOptions,
): Promise<ApplyResult> {
  const faults = new Faults();
  const wanted = readOrganisation(text, faults);
  if (wanted === undefined) faults.throwIfAny(options.file);
  const tenant = wanted!.tenant.id;
  if (tenant !== author.tenant) {
    throw billingError('TENANT_MISMATCH', `The file says ${tenant}, you are signed in to ${author.tenant}.`, {
      tenant,
    });
  }
  const firstSecretOf = (id: string, kind: TargetKind): string => {
    const path = join(secrets.targetSecrets, `${tenant}.${id}`);
    if (kind === 'mail') return mailPassword(path);
    return wanted!.targets.find((target) => target.id === id)?.address ?? firstSecret(path);
  };
  const { result, auditId, messages } = await change(office, author, async (tx) => {
    const nowMs = office.now();
    const present = await readPresent(tx, tenant, wanted!.series);
    const plan = planChanges(wanted!, present, nowMs, faults, options.past === true ? -1 : nowMs);
    faults.throwIfAny(options.file);
    const diff = diffOf(plan);
    const doors = [...plan.users, ...plan.producers].filter((item) => item.status !== 'unchanged');
    if (doors.length > 0 && !options.isAdmin)
      throw billingError('APPLY_NEEDS_ADMIN', doors.map((item) => item.id).join(', '));
    if (options.dryRun || diff.changes.length === 0) return { result: diff };
    await writePlan(tx, plan, {
      tenant,
      actor: author.actor,
      nowMs,
      partition: placeOf(tenant, office.placement),
      sealedSecret: ({ id, kind }) => seal(secrets.sealingKey, firstSecretOf(id, kind)),
    });
    const recorded = {
      action: 'apply',
      subject: `tenant/${tenant}`,
      ...auditedValues(plan),
      why: options.reason,
      changes: controlChanges(plan),
    };
    return { result: diff, recorded };
  });
  return { tenant, dryRun: options.dryRun, ...result, auditId, messages };
}
