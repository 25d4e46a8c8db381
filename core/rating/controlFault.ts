/** A control change that cannot be applied; the message says why. */
export class ControlFault extends Error {}
