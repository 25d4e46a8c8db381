/** What a price charges: its figure or steps, and for each part of it where it has parts. */
import type { LeafModel, PriceModel, PriceRecord } from '#core/messages/price.ts';
import { StepPicture } from '../../components/StepPicture.tsx';
import { leafTable, unitLabel } from '../../format/priceModel.ts';
import { stepsOf } from '../../format/steps.ts';
import { seriesColor } from '../explore/colors.ts';
import { WeekPicture } from './WeekPicture.tsx';

type Figures = Pick<PriceRecord, 'unit' | 'currency'>;

export function Terms({ price }: { price: PriceRecord }) {
  const { model } = price;
  switch (model.kind) {
    case 'matrix':
      return <Parts parts={partsOf(model.rules.map((rule) => [rule.name, dims(rule.match), rule.model]), model.otherwise)} price={price} />; // prettier-ignore
    case 'schedule':
      return (
        <>
          <WeekPicture bands={model.bands} />
          <Parts
            parts={partsOf(
              model.bands.map((band) => [band.name, `${band.from}–${band.to}`, band.model]),
              model.otherwise,
            )}
            price={price}
            colored
          />{' '}
          {/* prettier-ignore */}
        </>
      );
    case 'grouped':
      return (
        <>
          <p className="quiet">for each {model.by.join(' and ')} by itself</p>
          <Leaf leaf={model.model} price={price} />
        </>
      );
    case 'spot':
      return <SpotTerms model={model} price={price} />;
    default:
      return <Leaf leaf={model} price={price} />;
  }
}

type Part = readonly [name: string, what: string, leaf: LeafModel];

const partsOf = (parts: readonly Part[], otherwise: LeafModel | null): readonly Part[] =>
  otherwise === null ? parts : [...parts, ['all else', '', otherwise]];

const dims = (match: Readonly<Record<string, string>>): string =>
  Object.entries(match)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

const Parts = ({ parts, price, colored = false }: { parts: readonly Part[]; price: Figures; colored?: boolean }) => (
  <dl className="price-parts">
    {parts.map(([name, what, leaf], index) => (
      <div key={name}>
        <dt>
          {colored && what !== '' && (
            <i className="key" style={{ background: seriesColor(index) }} aria-hidden="true" />
          )}
          {name} {what !== '' && <span className="quiet">{what}</span>}
        </dt>
        <dd>
          <Leaf leaf={leaf} price={price} />
        </dd>
      </div>
    ))}
  </dl>
);

function Leaf({ leaf, price }: { leaf: LeafModel; price: Figures }) {
  const picture = stepsOf(leaf);
  if (picture !== undefined) {
    const unit = unitLabel(price.unit.name) || 'unit';
    const each =
      leaf.kind === 'graduated' || leaf.kind === 'volume' ? `${price.currency} a ${unit}, ` : `${price.currency} `;
    return <StepPicture of={`${leaf.kind === 'graduatedPercentage' ? '' : each}${picture.of}`} steps={picture.steps} />;
  }
  const { head, rows } = leafTable(leaf, price);
  return rows.length === 1 ? (
    <p className="price-figures">
      {head.map((name, index) => (
        <span key={name}>
          <b>{rows[0]![index]}</b> {name}
        </span>
      ))}
    </p>
  ) : (
    <table className="price-table">
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index}>
            {row.map((text, column) => (
              <td key={head[column]}>{text}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SpotTerms({ model, price }: { model: Extract<PriceModel, { kind: 'spot' }>; price: Figures }) {
  const { series, multiplier, adder, minimum, maximum } = model;
  return (
    <p className="price-figures">
      <span>
        <b>{series}</b> {price.currency} a {unitLabel(price.unit.name) || 'unit'}, interval by interval
      </span>
      {multiplier !== undefined && <span>× {multiplier}</span>}
      {adder !== undefined && <span>+ {adder}</span>}
      {minimum !== undefined && <span>at least {minimum}</span>}
      {maximum !== undefined && <span>at most {maximum}</span>}
    </p>
  );
}
