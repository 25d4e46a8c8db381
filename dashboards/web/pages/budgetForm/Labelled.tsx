/** A field under its name. */
export const Labelled = ({ label, hint, children }: { label: string; hint?: string; children: React.ReactNode }) => (
  <label className="labelled">
    <span>
      {label} {hint !== undefined && <small className="quiet">{hint}</small>}
    </span>
    {children}
  </label>
);
