/** One step of the proof: its number, what it is, its figure, and what stands behind it. */
export interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly figure: React.ReactNode;
  readonly children: React.ReactNode;
}

export const Step = ({ number, title, figure, children }: StepProps) => (
  <li data-testid={`why-step-${number}`}>
    <span className="why-number" aria-hidden="true">
      {number}
    </span>
    <h2>
      {title} <b>{figure}</b>
    </h2>
    {children}
  </li>
);
