import { FreshnessBadge } from '../components/FreshnessBadge.tsx';
import { PressureBadge } from '../components/PressureBadge.tsx';
import { Logo } from '../components/Logo.tsx';
import { ThemeMenu } from './ThemeMenu.tsx';
import { useTenant } from './session.tsx';

export function Header({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) {
  const tenant = useTenant();
  return (
    <header className="top">
      <span className="top-logo">
        <Logo size={20} />
      </span>
      <span className="top-tenant">{tenant.name}</span>
      <span className="top-zone quiet" title="Currency and time zone of every figure on the page">
        {tenant.currency} · {tenant.timeZone}
      </span>
      <span className="top-space" />
      <PressureBadge />
      <FreshnessBadge />
      <button type="button" className="pill top-search no-print" onClick={openPalette}>
        <span>search</span> <kbd>Ctrl K</kbd>
      </button>
      <ThemeMenu />
      <button type="button" className="pill round no-print" onClick={openHelp} aria-label="Help and shortcuts">
        ?
      </button>
    </header>
  );
}
