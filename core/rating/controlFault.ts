/** A control change that cannot be applied; the message says why. */
export class ControlFault extends Error {}

export function require(holds: boolean, message: string): void {
  if (!holds) throw new ControlFault(message);
}
