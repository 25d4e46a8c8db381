/** Ctrl-K: goes to any page, account, budget, producer or row by typing a part of its name. */
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/CloseButton.css';
import { Modal, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { accountsQuery } from '../api/queries.ts';
import { readLive } from '../live/store.ts';
import { pages } from './pages.ts';
import { signOut } from './queryClient.ts';
import './palette.css';

export const paletteLimits = { hitsMax: 12 } as const;

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly run: () => void;
}

/** `<partition>-<incarnation>-<outSeq>-<block>-<position>` */
const rowIdPattern = /^\d+-\d+-\d+-\d+-\d+$/;

export default function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const entries = useEntries();
  const hits = useHits(entries, text.trim());
  const chosen = hits[Math.min(active, hits.length - 1)];

  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    entry.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((index) =>
        hits.length === 0 ? 0 : (Math.min(index, hits.length - 1) + step + hits.length) % hits.length,
      );
    }
    if (event.key === 'Enter') run(chosen);
  };

  return (
    <Modal
      opened
      onClose={close}
      withCloseButton={false}
      padding={0}
      yOffset="12vh"
      size={560}
      attributes={{ content: { 'aria-label': 'Search' } }}
    >
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-hits"
        aria-activedescendant={chosen === undefined ? undefined : `hit-${chosen.id}`}
        aria-label="Go to a page, account, budget, producer or row"
        placeholder="Page, account, budget, producer, row id"
        value={text}
        data-autofocus
        onChange={(event) => {
          setText(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <ul className="palette-hits" id="palette-hits" role="listbox" aria-label="Matches">
        {hits.map((entry) => (
          <li
            key={entry.id}
            id={`hit-${entry.id}`}
            role="option"
            aria-selected={entry === chosen}
            onMouseMove={() => setActive(hits.indexOf(entry))}
            onClick={() => run(entry)}
          >
            <span>{entry.name}</span>
            <small>{entry.kind}</small>
          </li>
        ))}
      </ul>
      {hits.length === 0 && <p className="palette-none">Nothing is called that here.</p>}
    </Modal>
  );
}

function useEntries(): readonly Entry[] {
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const accounts = useQuery(accountsQuery).data;
  return useMemo(() => {
    const { view } = readLive();
    const go =
      (to: string, search: Record<string, string> = {}) =>
      () =>
        void navigate({ to, search });
    return [
      ...pages.map((page) => ({ id: page.path, name: page.name, kind: 'page', run: go(page.path) })),
      ...(accounts ?? []).map((account) => ({
        id: `account-${account.id}`,
        name: account.name,
        kind: account.type,
        run: go('/explore', { account: account.slug }),
      })),
      ...[...(view?.budgets.values() ?? [])].map((budget) => ({
        id: `budget-${budget.id}`,
        name: budget.name,
        kind: `budget, ${budget.state}`,
        run: () => void navigate({ to: '/budgets/$budgetId', params: { budgetId: budget.id } }),
      })),
      ...[...(view?.producers.values() ?? [])].map((producer) => ({
        id: `producer-${producer.producer}`,
        name: producer.producer,
        kind: producer.simulated ? 'simulated producer' : 'producer',
        run: go('/fleet', { search: producer.producer }),
      })),
      { id: 'sign-out', name: 'Sign out', kind: 'session', run: () => void signOut() },
      ...(['light', 'dark', 'auto'] as const).map((scheme) => ({
        id: `theme-${scheme}`,
        name: { light: 'Light theme', dark: 'Dark theme', auto: 'Theme as the system' }[scheme],
        kind: 'setting',
        run: () => setColorScheme(scheme),
      })),
    ];
  }, [accounts, navigate, setColorScheme]);
}

function useHits(entries: readonly Entry[], text: string): readonly Entry[] {
  const navigate = useNavigate();
  return useMemo(() => {
    if (rowIdPattern.test(text)) {
      const run = (): void => void navigate({ to: '/why/$rowId', params: { rowId: text } });
      return [{ id: 'row', name: text, kind: 'why this rated row', run }];
    }
    const needle = text.toLowerCase();
    const rank = (entry: Entry): number => {
      const at = entry.name.toLowerCase().indexOf(needle);
      return at < 0 ? Infinity : at;
    };
    return entries
      .filter((entry) => rank(entry) < Infinity)
      .sort((a, b) => (needle === '' ? 0 : rank(a) - rank(b)))
      .slice(0, paletteLimits.hitsMax);
  }, [entries, navigate, text]);
}
