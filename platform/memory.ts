import { setFlagsFromString } from 'node:v8';

/**
 * What passes through a role is bytes, outside the heap. By default the collector marks the whole heap whenever 64 MiB of them have come,
 * several times a second under load; from now on their limit grows with what is in use, as the heap's does.
 */
export const letBytesGrow = (): void => setFlagsFromString('--external-memory-accounted-in-global-limit');
