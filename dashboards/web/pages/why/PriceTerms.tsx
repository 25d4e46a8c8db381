/** What the price says, beside what it comes to: the part that takes the sample, its figures, and the terms around them. */
import type { WhyAdjustment, WhySample } from '#core/messages/api.ts';
import { cellOf, leafTable, modelName, termsText } from '../../format/priceModel.ts';

export function PriceTerms({ why: { price, tally } }: { why: WhySample | WhyAdjustment }) {
  const { leaf, cell } = cellOf(price.model, tally.cell);
  const terms = termsText(price);
  return (
    <details className="why-price" data-testid="why-price">
      <summary>
        The price:{' '}
        {leaf === undefined || cell === undefined ? modelName(price.model) : `${modelName(leaf)}, for ${cell}`}
      </summary>
      {leaf !== undefined && <LeafTable table={leafTable(leaf, price)} />}
      {terms.length > 0 && <p>{terms.join('; ')}.</p>}
    </details>
  );
}

const LeafTable = ({ table }: { table: ReturnType<typeof leafTable> }) => (
  <div className="why-card" tabIndex={0} role="group" aria-label="Figures of the price">
    <table className="why-tiers">
      <thead>
        <tr>
          {table.head.map((text) => (
            <th key={text} scope="col">
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((text, column) => (
              <td key={table.head[column]}>{text}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
