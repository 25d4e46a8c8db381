import { expect, test } from 'vitest';
import { assertLimits } from './assertLimits.ts';

test('relations that do not hold are told together; those that hold say nothing', () => {
  expect(() => assertLimits('rater', { 'a is less than b': true })).not.toThrow();
  expect(() => assertLimits('rater', { one: false, two: true, three: false })).toThrow(
    expect.objectContaining({ code: 'LIMITS_CONTRADICT', details: { folder: 'rater', broken: ['one', 'three'] } }),
  );
});
