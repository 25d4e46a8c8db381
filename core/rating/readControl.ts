import type { ControlMessage } from '../messages/control.ts';
import type { Ports } from './admit.ts';

/** The message for the tenant (SPEC §1.3), or what is wrong with it. */
export function readControl(ports: Ports, data: Uint8Array, tenantId: string): ControlMessage | string {
  const text = ports.text(data);
  try {
    const message = JSON.parse(text ?? '') as ControlMessage;
    if (message.v !== 1 || !Number.isSafeInteger(message.seq) || !Array.isArray(message.changes))
      return 'not a control message of version 1';
    return message.tenant === tenantId ? message : `the message names tenant ${message.tenant}`;
  } catch {
    return 'the message is not JSON';
  }
}
