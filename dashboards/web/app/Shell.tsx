/** Frame of every page: navigation, header, the page, and what opens above them. */
import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Header } from './Header.tsx';
import { Navigation } from './Navigation.tsx';
import { pages } from './pages.ts';
import { useShortcuts } from './shortcuts.ts';
import { useTenant } from './session.tsx';
import './shell.css';

const Palette = lazy(() => import('./Palette.tsx'));
const Help = lazy(() => import('./Help.tsx'));

export function Shell() {
  const [open, setOpen] = useState<'palette' | 'help' | null>(null);
  const tenant = useTenant();
  const { pathname } = useLocation();
  useShortcuts(setOpen);

  useEffect(() => {
    const name = pathname.startsWith('/why/')
      ? 'Why this number'
      : pages.find(({ path }) => path === pathname || (path !== '/' && pathname.startsWith(`${path}/`)))?.name;
    document.title = [name, tenant.name, 'Meterline'].filter(Boolean).join(' · ');
  }, [pathname, tenant.name]);

  return (
    <div className="app">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Navigation />
      <div className="app-column">
        <Header openPalette={() => setOpen('palette')} openHelp={() => setOpen('help')} />
        <Suspense>
          <Outlet />
        </Suspense>
      </div>
      <Suspense>
        {open === 'palette' && <Palette close={() => setOpen(null)} />}
        {open === 'help' && <Help close={() => setOpen(null)} />}
      </Suspense>
    </div>
  );
}
