/** What watches the credit of accounts: how it stands, and what it asks for. */
import type { WalletFigures } from '#core/messages/creditFigures.ts';
import { Amount } from '../../components/Amount.tsx';
import { Badge, type Tone } from '../../components/StateBadge.tsx';
import { isZero } from '../../format/money.ts';
import type { Wanted } from './GrantForm.tsx';

const tones: Readonly<Record<string, Tone>> = { covered: 'ok', low: 'warn', empty: 'block' };

export interface WalletsProps {
  readonly wallets: readonly WalletFigures[];
  /** Absent for those who may not. */
  readonly topUp: ((wanted: Wanted) => void) | undefined;
}

export const Wallets = ({ wallets, topUp }: WalletsProps) =>
  wallets.length > 0 && (
    <ul className="wallets" aria-label="Wallets">
      {wallets.map((wallet) => (
        <li
          key={wallet.id}
          className="wallet"
          data-testid={`wallet-${wallet.id}`}
          data-state={wallet.state ?? 'unknown'}
        >
          <span className="wallet-head">
            <b>{wallet.name}</b>
            <Badge tone={tones[wallet.state ?? ''] ?? 'plain'} testId={`wallet-${wallet.id}-state`}>
              {wallet.state ?? 'not known yet'}
            </Badge>
          </span>
          {wallet.left === null ? (
            <span className="quiet">–</span>
          ) : (
            <Amount className="wallet-left" amount={wallet.left} currency={wallet.currency} symbol fine={2} />
          )}
          <small className="quiet">
            left on {wallet.accountSlug}, low at{' '}
            <Amount amount={wallet.lowAt} currency={wallet.currency} symbol fine={0} />
            {wallet.owed !== null && !isZero(wallet.owed) && (
              <>
                , <Amount amount={wallet.owed} currency={wallet.currency} symbol fine={2} /> owed that no credit paid
              </>
            )}
          </small>
          {wallet.action !== 'notify' && <small className="quiet">empty, it asks receivers to {wallet.action}</small>}
          {wallet.topUp !== undefined && wallet.topUpAsked === true && (
            <span className="wallet-asks" data-testid={`wallet-${wallet.id}-asks`}>
              <span>
                Asks for <Amount amount={wallet.topUp.amount} currency={wallet.currency} symbol fine={0} />
              </span>
              {topUp !== undefined && (
                <button
                  type="button"
                  className="button small no-print"
                  onClick={() =>
                    topUp({
                      account: wallet.accountSlug,
                      amount: wallet.topUp!.amount,
                      currency: wallet.currency,
                      reason: `top-up of ${wallet.name}`,
                    })
                  }
                >
                  Top up
                </button>
              )}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
