/** What the office finds wrong with what is typed, shown at the field that it is about. */
import { createContext, useContext } from 'react';
import type { FieldFault } from '../../api/client.ts';

export const Faults = createContext<readonly FieldFault[]>([]);

/** What is wrong at a path or below it, for a field's `error`. */
export function useFault(): (path: string) => string | undefined {
  const faults = useContext(Faults);
  return (path) => {
    const here = faults.find((fault) => isWithin(fault, path));
    return here && faultText(here);
  };
}

export const isWithin = (fault: FieldFault, path: string): boolean =>
  fault.path === path || fault.path.startsWith(`${path}.`) || fault.path.startsWith(`${path}[`);

export const faultText = ({ message, expected }: FieldFault): string => `${message} Expected ${expected}.`;
