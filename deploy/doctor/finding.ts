export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'error';
  readonly detail: string;
  /** What to do; "" when all is well. */
  readonly solve: string;
}

export const well = (check: string, detail: string): Finding => ({ check, level: 'ok', detail, solve: '' });
export const warning = (check: string, detail: string, solve: string): Finding => ({
  check,
  level: 'warning',
  detail,
  solve,
});
export const fault = (check: string, detail: string, solve: string): Finding => ({
  check,
  level: 'error',
  detail,
  solve,
});
