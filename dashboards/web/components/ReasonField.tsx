/** Why somebody does what cannot be undone. */
import '@mantine/core/styles/Input.css';
import { TextInput } from '@mantine/core';

export interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (reason: string) => void;
  readonly testId: string;
  readonly maxLength?: number;
  /** What else is to be known. */
  readonly hint?: string;
}

export const ReasonField = ({ value, onChange, testId, maxLength = 200, hint = '' }: ReasonFieldProps) => (
  <TextInput
    label="Reason"
    description={`Kept in the audit log with your name${hint}`}
    value={value}
    maxLength={maxLength}
    data-testid={testId}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
);
