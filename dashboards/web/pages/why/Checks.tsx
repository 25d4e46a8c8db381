import type { Why } from '#core/messages/api.ts';

/** What each check of the office proves; one that this page does not know is shown by its own name. */
const titles: Readonly<Record<string, string>> = {
  commit: 'The stored row is the committed row',
  sample: 'The row says what the sample says',
  signature: "The batch is signed by the producer's key",
  hash: 'The batch is the one that was committed',
  chain: 'The batch follows the one before it',
  tally: 'All rows before it add up to its tally',
  cell: 'It falls on this part of the price',
  growth: 'The tally grows as its meter says',
  booked: 'Its rows add up to what the commit has booked',
  charge: 'Its terms give this very amount',
};

export function Checks({ checks }: { checks: Why['checks'] }) {
  const failed = checks.filter((check) => !check.ok).length;
  return (
    <section className="why-checks" aria-labelledby="why-checks">
      <h2 id="why-checks" className={failed === 0 ? '' : 'check-bad'}>
        {failed === 0
          ? `${checks.length === 2 ? 'Both' : `All ${checks.length}`} checks hold`
          : `${failed} of ${checks.length} checks fail`}
      </h2>
      <ul data-testid="why-checks">
        {checks.map((check) => (
          <li key={check.name} data-testid={`check-${check.name}`} data-ok={check.ok}>
            <span className={check.ok ? 'check-ok' : 'check-bad'}>{check.ok ? '✓' : '✗'}</span>
            <span>
              {titles[check.name] ?? check.name}
              <small>{check.detail}</small>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
