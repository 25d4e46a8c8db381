/** Pieces of the form. */
import { TagsInput, TextInput } from '@mantine/core';
import type { Draft } from './draft.ts';
import { useFault } from './faults.tsx';

/** Changes some of what is typed. */
export type Set = (change: Partial<Draft>) => void;

export interface PartProps {
  readonly draft: Draft;
  readonly set: Set;
}

export const Section = ({ title, children }: { title: string; children: React.ReactNode }) => (
  <fieldset className="budget-part">
    <legend>{title}</legend>
    {children}
  </fieldset>
);

export const Check = ({
  label,
  hint,
  ...input
}: { label: string; hint?: string } & Omit<React.ComponentProps<'input'>, 'type'>) => (
  <label className="budget-check">
    <input type="checkbox" {...input} />
    <span>
      {label}
      {hint !== undefined && <small className="quiet">{hint}</small>}
    </span>
  </label>
);

export function Text({
  path,
  onText,
  ...input
}: { path: string; onText: (text: string) => void } & React.ComponentProps<typeof TextInput>) {
  const fault = useFault();
  return (
    <TextInput
      {...input}
      error={fault(path)}
      data-testid={`budget-form-${path}`}
      onChange={({ currentTarget: { value } }) => onText(value)}
    />
  );
}

/** Several names, typed or chosen; Enter takes one. */
export function Names({
  path,
  ...input
}: { path: string } & Pick<
  React.ComponentProps<typeof TagsInput>,
  'label' | 'description' | 'placeholder' | 'data' | 'value' | 'onChange'
>) {
  const fault = useFault();
  return (
    <TagsInput
      {...input}
      {...(input.value?.length === 0 ? {} : { placeholder: '' })}
      // Its own scrolled area adds a style element, which the security policy forbids.
      withScrollArea={false}
      splitChars={[]}
      selectFirstOptionOnChange
      acceptValueOnBlur
      clearable={false}
      error={fault(path)}
      data-testid={`budget-form-${path}`}
    />
  );
}
