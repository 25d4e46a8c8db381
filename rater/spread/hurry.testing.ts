/** Imported into raters under test before they start: what they wait for in a day happens in seconds. */
import { raterLimits } from '../limits.ts';

Object.assign(raterLimits, { memberSettleMs: 1500, handOverAfterMs: 300, handOverRetryMs: 1000 });
