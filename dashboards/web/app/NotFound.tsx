import { Link } from '@tanstack/react-router';
import { Page } from '../components/Page.tsx';

export const NotFound = () => (
  <Page>
    <div className="empty">
      <h1>There is no such page</h1>
      <p>The address may be from another version, or the row may have been mistyped.</p>
      <Link to="/" className="button">
        Go to Now
      </Link>
    </div>
  </Page>
);
