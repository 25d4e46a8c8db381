import type { PriceModel } from '../messages/control.ts';
import { rational, type Bracket } from './compile.ts';

/** Per unit: every billable unit at one price. charge = billable × unitPrice. */
export function perUnitSteps(model: Extract<PriceModel, { kind: 'perUnit' }>): Bracket[] {
  return [{ from: rational('0'), upTo: null, unitPrice: rational(model.unitPrice), flat: rational('0') }];
}
