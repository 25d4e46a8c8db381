import { Link, useLocation } from '@tanstack/react-router';
import { Fragment, useEffect, useRef } from 'react';
import { Logo } from '../components/Logo.tsx';
import { pages } from './pages.ts';
import { signOut } from './queryClient.ts';
import { useMe } from './session.tsx';

export function Navigation() {
  const me = useMe();
  const side = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a phone the pages are a row that scrolls: the one that is open comes into view.
  useEffect(() => {
    side.current?.querySelector('[aria-current=page]')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }, [pathname]);
  return (
    <nav className="side no-print" aria-label="Pages" ref={side}>
      <Link to="/" className="brand">
        <Logo />
        Meterline
      </Link>
      {pages.map((page, index) => (
        <Fragment key={page.path}>
          {page.group !== '' && page.group !== pages[index - 1]?.group && (
            <span className="side-group">{page.group}</span>
          )}
          <Link
            to={page.path}
            className={`side-link ${page.path === '/budgets' && pathname === '/new-budget' ? 'on' : ''}`}
            activeProps={{ className: 'on', 'aria-current': 'page' }}
            activeOptions={{ exact: page.path === '/', includeSearch: false }}
          >
            {page.name}
          </Link>
        </Fragment>
      ))}
      <span className="side-foot">
        {me.actor}
        <small>{me.role}</small>
        <button type="button" className="link" onClick={() => void signOut()}>
          Sign out
        </button>
      </span>
    </nav>
  );
}
