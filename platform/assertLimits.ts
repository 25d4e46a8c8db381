import { platformError } from './errors.ts';

/**
 * Throws LIMITS_CONTRADICT with all relations of a folder's limits that do not hold. Every `limits.ts` calls it as it is loaded, so no
 * role starts with limits that contradict one another.
 */
export function assertLimits(folder: string, relations: Readonly<Record<string, boolean>>): void {
  const broken = Object.keys(relations).filter((relation) => relations[relation] !== true);
  if (broken.length > 0)
    throw platformError('LIMITS_CONTRADICT', `${folder}/limits.ts, not so: ${broken.join('; ')}.`, { folder, broken });
}
