/** Over which time it counts, and whether what is left goes on. */
import { NativeSelect, TextInput } from '@mantine/core';
import type { BudgetRecord } from '#core/messages/budget.ts';
import { intervalUnits, type IntervalUnit } from '#core/time/interval.ts';
import { useTenant } from '../../app/session.tsx';
import { calendarName, intervals } from '../../format/agreed.ts';
import { plural } from '../../format/quantity.ts';
import { isEndless, periodChoices, type DraftPeriod } from './draft.ts';
import { useFault } from './faults.tsx';
import { Check, Section, Text, type PartProps } from './parts.tsx';

const names: Readonly<Record<DraftPeriod['choice'], string>> = {
  ...(Object.fromEntries(intervalUnits.map((unit) => [unit, `each ${intervals[unit]}`])) as Record<
    IntervalUnit,
    string
  >),
  rolling: 'the last hours, rolling',
  lifetime: 'all time, without an end',
  anniversary: 'anniversary: from a day on',
  fiscal: 'fiscal: weeks in 4-4-5',
};
const months = [...Array(12)].map((_, month) => new Date(Date.UTC(2026, month)).toLocaleString('en', { month: 'long', timeZone: 'UTC' })); // prettier-ignore
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** "month", "the last 24 hours", "all time". */
export function periodText(period: BudgetRecord['period']): string {
  if (period === 'lifetime') return 'all time';
  if (typeof period === 'string') return intervals[period];
  return period.kind === 'rolling' ? `the last ${plural(period.hours, 'hour')}` : calendarName(period);
}

export function Period({ draft, set, record }: PartProps & { readonly record: BudgetRecord | undefined }) {
  const { period } = draft;
  const { timeZone } = useTenant();
  const fault = useFault();
  const change = (part: Partial<DraftPeriod>): void => set({ period: { ...period, ...part } });
  return (
    <Section title="Over which time">
      <div className="budget-fields">
        {record !== undefined ? (
          <TextInput label="Period" description="Stays" disabled readOnly value={periodText(record.period)} />
        ) : (
          <NativeSelect
            label="Period"
            description={`In the account’s zone, else ${timeZone}`}
            value={period.choice}
            error={fault('period')}
            data-testid="budget-form-period"
            data={periodChoices.map((value) => ({ value, label: names[value] }))}
            onChange={({ currentTarget: { value } }) => change({ choice: value as DraftPeriod['choice'] })}
          />
        )}
        {record === undefined && <More period={period} change={change} />}
      </div>
      {!isEndless(draft, record) && (
        <div className="budget-fields">
          <Check
            label="What is left goes on into the next period"
            checked={draft.carries}
            data-testid="budget-form-carries"
            onChange={({ currentTarget: { checked } }) => set({ carries: checked })}
          />
          {draft.carries && (
            <Text
              path="carryOver"
              label="At most"
              placeholder="all of it"
              inputMode="decimal"
              value={draft.carriesMax}
              onText={(carriesMax) => set({ carriesMax })}
            />
          )}
        </div>
      )}
    </Section>
  );
}

function More({ period, change }: { period: DraftPeriod; change: (part: Partial<DraftPeriod>) => void }) {
  const { fiscal } = period;
  if (period.choice === 'rolling')
    return (
      <Text
        path="period.hours"
        label="Hours"
        description="Up to 744, the present one included"
        inputMode="numeric"
        value={period.hours}
        onText={(hours) => change({ hours })}
      />
    );
  if (period.choice === 'anniversary')
    return (
      <>
        <TextInput
          label="From the day"
          description="Empty: the start of the account"
          type="date"
          value={period.anchor}
          onChange={({ currentTarget: { value } }) => change({ anchor: value })}
        />
        <NativeSelect
          label="A period is a"
          value={period.interval}
          data={intervalUnits.map((value) => ({ value, label: intervals[value] }))}
          onChange={({ currentTarget: { value } }) => change({ interval: value as IntervalUnit })}
        />
        <Text
          path="period.every"
          label="Or so many of them"
          inputMode="numeric"
          value={period.every}
          onText={(every) => change({ every })}
        />
      </>
    );
  if (period.choice !== 'fiscal') return null;
  const pick = <Key extends keyof typeof fiscal>(key: Key, value: (typeof fiscal)[Key]): void =>
    change({ fiscal: { ...fiscal, [key]: value } });
  return (
    <>
      <NativeSelect
        label="Weeks of a quarter’s months"
        value={fiscal.pattern}
        data={['4-4-5', '4-5-4', '5-4-4']}
        onChange={({ currentTarget: { value } }) => pick('pattern', value as typeof fiscal.pattern)}
      />
      <NativeSelect
        label="The year ends on the"
        value={fiscal.rule}
        data={[
          { value: 'last', label: 'last such day of the month' },
          { value: 'nearest', label: 'one nearest to the month’s end' },
        ]}
        onChange={({ currentTarget: { value } }) => pick('rule', value as typeof fiscal.rule)}
      />
      <NativeSelect
        label="Day"
        value={String(fiscal.endWeekday)}
        data={days.map((label, day) => ({ value: String(day + 1), label }))}
        onChange={({ currentTarget: { value } }) => pick('endWeekday', Number(value))}
      />
      <NativeSelect
        label="Month"
        value={String(fiscal.endMonth)}
        data={months.map((label, month) => ({ value: String(month + 1), label }))}
        onChange={({ currentTarget: { value } }) => pick('endMonth', Number(value))}
      />
    </>
  );
}
