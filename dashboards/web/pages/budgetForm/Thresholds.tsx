/** When it acts, and how: a row a threshold. */
import { NativeSelect } from '@mantine/core';
import { useRef } from 'react';
import { severities } from '#core/messages/alert.ts';
import { emptyThreshold, thresholdKinds, type DraftThreshold } from './draft.ts';
import { useFault } from './faults.tsx';
import { Section, Text, type PartProps } from './parts.tsx';

const kinds: Readonly<Record<DraftThreshold['kind'], string>> = {
  percent: 'spent, in %',
  absolute: 'spent, amount',
  forecast: 'expected, in %',
  rate: 'spent within',
};
const actions = { notify: 'notify', throttle: 'throttle', block: 'block' };

export function Thresholds({ draft, set, unit, endless }: PartProps & Pick<RowProps, 'unit' | 'endless'>) {
  const { thresholds } = draft;
  const list = useRef<HTMLUListElement>(null);
  const change = (index: number, part: Partial<DraftThreshold>): void =>
    set({ thresholds: thresholds.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  // Whoever works with the keyboard goes on where the row appeared, or next to where it was.
  const focus = (index: number): void =>
    void setTimeout(() => list.current?.children[Math.max(0, index)]?.querySelector('select')?.focus());
  return (
    <Section title="When it acts">
      <ul className="budget-thresholds" ref={list}>
        {thresholds.map((threshold, index) => (
          <Row
            // Rows have no name of their own; what is typed is held above.
            key={index}
            index={index}
            threshold={threshold}
            unit={unit}
            endless={endless}
            change={(part) => change(index, part)}
            remove={
              thresholds.length > 1
                ? () => {
                    set({ thresholds: thresholds.filter((_, at) => at !== index) });
                    focus(index - 1);
                  }
                : undefined
            }
          />
        ))}
      </ul>
      <button
        type="button"
        className="button small budget-add"
        data-testid="budget-form-add"
        disabled={thresholds.length >= 20}
        onClick={() => {
          set({ thresholds: [...thresholds, emptyThreshold] });
          focus(thresholds.length);
        }}
      >
        Add a threshold
      </button>
    </Section>
  );
}

interface RowProps {
  readonly index: number;
  readonly threshold: DraftThreshold;
  readonly unit: string;
  /** Whether there is no end to expect. */
  readonly endless: boolean;
  readonly change: (part: Partial<DraftThreshold>) => void;
  readonly remove: (() => void) | undefined;
}

function Row({ index, threshold, unit, endless, change, remove }: RowProps) {
  const { kind, value, hours, action, severity } = threshold;
  const fault = useFault();
  const path = `thresholds[${index}]`;
  const nth = `Threshold ${index + 1}`;
  const isPercent = kind === 'percent' || kind === 'forecast';
  return (
    <li aria-label={nth}>
      <NativeSelect
        aria-label={`${nth}: of what`}
        value={kind}
        data={thresholdKinds.map((each) => ({
          value: each,
          label: kinds[each],
          disabled: each === 'forecast' && endless,
        }))}
        data-testid={`budget-form-${path}.kind`}
        onChange={({ currentTarget: { value: chosen } }) => change({ kind: chosen as DraftThreshold['kind'] })}
      />
      <span className="budget-level">
        <Text
          path={`${path}.${kind}`}
          aria-label={`${nth}: level`}
          inputMode="decimal"
          rightSection={<span className="quiet">{isPercent ? '%' : unit}</span>}
          rightSectionPointerEvents="none"
          rightSectionWidth={isPercent ? 28 : 12 + 8 * unit.length}
          value={value}
          onText={(text) => change({ value: text })}
        />
        {kind === 'rate' && (
          <Text
            path={`${path}.rate.hours`}
            aria-label={`${nth}: hours`}
            inputMode="numeric"
            rightSection={<span className="quiet">h</span>}
            rightSectionPointerEvents="none"
            value={hours}
            onText={(text) => change({ hours: text })}
          />
        )}
      </span>
      <NativeSelect
        aria-label={`${nth}: what it does`}
        value={action}
        data={Object.entries(actions).map(([each, label]) => ({ value: each, label }))}
        data-testid={`budget-form-${path}.action`}
        onChange={({ currentTarget: { value: chosen } }) => change({ action: chosen as DraftThreshold['action'] })}
      />
      <NativeSelect
        aria-label={`${nth}: severity`}
        value={severity}
        data={[{ value: '', label: 'usual severity' }, ...severities.map((each) => ({ value: each, label: each }))]}
        data-testid={`budget-form-${path}.severity`}
        onChange={({ currentTarget: { value: chosen } }) => change({ severity: chosen as DraftThreshold['severity'] })}
      />
      <button
        type="button"
        className="budget-remove"
        aria-label={`Remove ${nth.toLowerCase()}`}
        disabled={remove === undefined}
        onClick={remove}
      >
        ×
      </button>
      {fault(path) !== undefined && fault(`${path}.${kind}`) === undefined && (
        <p className="failed-text">{fault(path)}</p>
      )}
    </li>
  );
}
