/** The heading, and a choice of producer. */
import { useNavigate } from '@tanstack/react-router';
import type { RefusalTotal } from '#core/messages/api.ts';
import { PageHead } from '../../components/PageHead.tsx';
import { formatCount, plural } from '../../format/quantity.ts';
import type { RefusalsSearch } from './search.ts';

export function Producers({ totals, search }: { totals: readonly RefusalTotal[]; search: RefusalsSearch }) {
  const navigate = useNavigate();
  const known = new Set(totals.map((total) => total.producer));
  if (search.producer !== undefined) known.add(search.producer);
  const samples = totals.reduce((sum, total) => sum + total.samples, 0);
  const refusals = totals.reduce((sum, total) => sum + total.refusals, 0);
  const { producer, ...everywhere } = search;
  const choose = (id: string): void =>
    void navigate({ to: '/refusals', search: id === '' ? everywhere : { ...search, producer: id }, replace: true });
  return (
    <PageHead
      title="Refusals"
      hint={
        <>
          {plural(refusals, 'batch, sample or change', 'batches, samples and changes')} turned away
          {samples > 0 && `, ${plural(samples, 'known sample')} in no total`}
        </>
      }
    >
      <span className="page-space" />
      <select
        className="field"
        aria-label="Producer"
        data-testid="refusals-producer"
        value={producer ?? ''}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">every producer ({formatCount(known.size)})</option>
        {[...known].sort().map((id) => (
          <option key={id} value={id}>
            {id === '' ? 'the office itself' : id}
          </option>
        ))}
      </select>
    </PageHead>
  );
}
