/** The main landmark of a page; `heading` names it for a screen reader where no visible heading does. */
export interface PageProps {
  readonly className?: string;
  readonly heading?: string;
  readonly busy?: boolean;
  readonly children: React.ReactNode;
}

export const Page = ({ className = '', heading, busy = false, children }: PageProps) => (
  <main className={`page ${className}`} id="main" tabIndex={-1} aria-busy={busy}>
    {heading !== undefined && <h1 className="visually-hidden">{heading}</h1>}
    {children}
  </main>
);
