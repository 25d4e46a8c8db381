import { AMOUNT_SCALE, divideRounded, pow10, type AmountPico } from './fixed.ts';

/** Minor-unit digits of the active ISO 4217 currencies that differ from two; every other active code has two. */
const digitsByCode: Readonly<Record<string, number>> = {
  BHD: 3, BIF: 0, CLF: 4, CLP: 0, DJF: 0, GNF: 0, IQD: 3, ISK: 0, JOD: 3, JPY: 0, KMF: 0, KRW: 0, KWD: 3, LYD: 3,
  OMR: 3, PYG: 0, RWF: 0, TND: 3, UGX: 0, UYI: 0, UYW: 4, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
}; // prettier-ignore

const twoDigitCodes = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP ' +
    'CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES ' +
    'KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK ' +
    'NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB ' +
    'TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG'
  ).split(' '),
);

/** Minor-unit digits of an ISO 4217 code, or `undefined` when the code is not an active currency. */
export function minorDigits(currency: string): number | undefined {
  if (twoDigitCodes.has(currency)) return 2;
  return Object.hasOwn(digitsByCode, currency) ? digitsByCode[currency] : undefined;
}

/** Rounds an amount to the currency's minor unit, half away from zero; the result is still in pico. */
export function roundToMinor(amount: AmountPico, currency: string): AmountPico {
  const digits = minorDigits(currency);
  if (digits === undefined) throw new RangeError(`${currency} is not an ISO 4217 currency`);
  const unit = pow10(AMOUNT_SCALE - digits);
  return divideRounded(amount, unit, 'halfAwayFromZero') * unit;
}
