/** What the budget is called, whose it is, and how much it allows. */
import { NativeSelect, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { accountsQuery, metersQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/session.tsx';
import { pathOf } from '../../format/accountTree.ts';
import { currencySymbol } from '../../format/money.ts';
import { idOf } from './draft.ts';
import { useFault } from './faults.tsx';
import { Section, Text, type PartProps } from './parts.tsx';

export interface BasicsProps extends PartProps {
  /** Name of the unit that a quantity is typed in. */
  readonly unit: string;
  /** Whether it is there already: its account and unit stay. */
  readonly isKnown: boolean;
}

export function Basics({ draft, set, unit, isKnown }: BasicsProps) {
  const { currency, pricingUnits } = useTenant();
  const fault = useFault();
  const accounts = useQuery(accountsQuery).data ?? [];
  const meters = useQuery(metersQuery).data ?? [];
  const currencies = [...new Set([currency, ...pricingUnits.map(({ id }) => id), draft.currency].filter(Boolean))];
  return (
    <Section title="What it limits">
      <div className="budget-fields">
        <Text
          path="name"
          label="Name"
          description="What people call it"
          required
          withAsterisk={false}
          autoFocus={!isKnown}
          placeholder="Render service, month"
          value={draft.name}
          onText={(name) => set({ name })}
        />
        <Text
          path="id"
          label="Id"
          description={isKnown ? 'Stays' : 'In addresses and files; stays'}
          disabled={isKnown}
          placeholder={idOf(draft.name)}
          value={draft.id}
          onText={(id) => set({ id })}
        />
      </div>
      <Select
        label="Account"
        description={isKnown ? 'It and all below it; stays' : 'It and all below it count'}
        disabled={isKnown}
        placeholder="Type to find one"
        searchable
        selectFirstOptionOnChange
        limit={200}
        withScrollArea={false}
        allowDeselect={false}
        nothingFoundMessage="No account is called that"
        data={accounts.map(({ id, slug }) => ({
          value: slug,
          label: pathOf(accounts, id).map(({ name }) => name).join(' / '),
        }))} // prettier-ignore
        value={draft.account === '' ? null : draft.account}
        error={fault('account')}
        data-testid="budget-form-account"
        onChange={(account) => set({ account: account ?? '' })}
      />
      <div className="budget-fields">
        <NativeSelect
          label="Counted in"
          description={isKnown ? 'Stays' : 'Money, or what a meter measures'}
          disabled={isKnown}
          value={draft.meter === '' ? draft.currency : `meter ${draft.meter}`}
          error={fault('meter') ?? fault('currency')}
          data-testid="budget-form-unit"
          onChange={({ currentTarget: { value } }) => {
            const meter = value.startsWith('meter ') ? value.slice(6) : '';
            set(meter === '' ? { meter, currency: value } : { meter, currency: '', fx: [] });
          }}
        >
          <optgroup label="Money">
            {currencies.map((id) => (
              <option key={id}>{id}</option>
            ))}
          </optgroup>
          <optgroup label="Quantity of a meter">
            {meters.map(({ id }) => (
              <option key={id} value={`meter ${id}`}>
                {id}
              </option>
            ))}
          </optgroup>
        </NativeSelect>
        <Text
          path="amount"
          label="Amount"
          description={draft.meter === '' ? 'For each period' : `For each period, in ${unit || 'ones'}`}
          required
          withAsterisk={false}
          inputMode="decimal"
          placeholder="250.00"
          leftSection={draft.currency === '' || draft.currency.length > 3 ? undefined : currencySymbol(draft.currency).trim()} // prettier-ignore
          value={draft.amount}
          onText={(amount) => set({ amount })}
        />
      </div>
    </Section>
  );
}
