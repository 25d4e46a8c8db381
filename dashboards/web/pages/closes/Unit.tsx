/** A root account: until when it is closed, its checklist, and the close. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AccountChecklist, ChecklistItem, UnitPeriods } from '#core/messages/periods.ts';
import { checklistQuery } from '../../api/queries.ts';
import { mayOperate, useMe } from '../../app/session.tsx';
import { Badge } from '../../components/StateBadge.tsx';
import { ErrorState, Skeleton } from '../../components/states.tsx';
import { withLocalInstants } from '../../format/time.ts';
import { CloseForm } from './CloseForm.tsx';
import { Missing } from './Missing.tsx';

export function Unit({ unit }: { unit: UnitPeriods }) {
  const query = useQuery(checklistQuery(unit.account));
  const list = query.data;
  const isDone = list !== undefined && list.closedUntilMs >= list.untilMs;
  return (
    <section
      className="unit"
      aria-label={unit.name}
      data-testid={`close-${unit.account}`}
      data-closable={list?.closable}
    >
      <header>
        <h3>{unit.name}</h3>
        {list !== undefined && (
          <Badge tone={isDone ? 'ok' : list.closable ? 'info' : 'warn'} testId={`close-${unit.account}-state`}>
            {isDone ? 'closed' : list.closable ? 'can be closed' : 'waits'}
          </Badge>
        )}
        <span className="quiet">
          {unit.closedUntil === null ? 'no period is closed yet' : `closed until ${unit.closedUntil}`}; the period from{' '}
          {unit.runsFrom} runs ({unit.timeZone})
          {unit.closeAfterDays !== null && `; closes by itself ${unit.closeAfterDays} days after its end`}
        </span>
      </header>
      {query.error !== null && list === undefined ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : list === undefined ? (
        <Skeleton lines={6} label="the checklist" />
      ) : isDone ? (
        <p className="quiet">Everything that has ended is closed.</p>
      ) : (
        <Open list={list} timeZone={unit.timeZone} />
      )}
    </section>
  );
}

function Open({ list, timeZone }: { list: AccountChecklist; timeZone: string }) {
  const me = useMe();
  const [without, setWithout] = useState<readonly string[]>([]);
  const left = list.missing.filter(({ producer }) => !without.includes(producer));
  const blocking = list.items.filter(({ ok, blocks, name }) => blocks && !ok && name !== 'producers');
  const isClosable = blocking.length === 0 && left.length === 0;
  return (
    <>
      <ul className="checks">
        {list.items.map((item) => (
          <Item key={item.name} item={item} timeZone={timeZone} />
        ))}
      </ul>
      {list.missing.length > 0 && <Missing list={list} without={without} choose={setWithout} />}
      {mayOperate(me) ? (
        <CloseForm
          list={list}
          without={without.filter((id) => list.missing.some(({ producer }) => producer === id))}
          closable={isClosable}
        />
      ) : (
        <p className="quiet">Operators may close periods; you are signed in as {me.role}.</p>
      )}
    </>
  );
}

const names: Readonly<Record<ChecklistItem['name'], string>> = {
  rater: 'Rater',
  ended: 'Period has ended',
  open: 'Not closed yet',
  producers: 'Producers',
  charged: 'Charged through',
  loaded: 'ClickHouse',
  reconciled: 'Adds up',
  suspense: 'Suspense',
  unpriced: 'Without a price',
};

function Item({ item, timeZone }: { item: ChecklistItem; timeZone: string }) {
  const { name, ok, blocks, detail, who, solve } = item;
  const state = ok ? 'ok' : blocks ? 'blocks' : 'shown';
  return (
    <li className={`check ${state}`} data-testid={`check-${name}`} data-state={state}>
      <i aria-hidden="true">{ok ? '✓' : blocks ? '✗' : '!'}</i>
      <b>
        {names[name]}
        <span className="visually-hidden">: {ok ? 'fine' : blocks ? 'in the way' : 'to be seen'}</span>
      </b>
      <span className="check-detail">
        {withLocalInstants(detail, timeZone)}
        {!ok && <small>{solve}</small>}
      </span>
      <span className="quiet check-who">{ok ? '' : who}</span>
    </li>
  );
}
