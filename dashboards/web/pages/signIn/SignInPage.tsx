/** Shown when nobody is signed in: there are no passwords, the command line prints a link that works once. */
import { Logo } from '../../components/Logo.tsx';
import { Command } from '../../components/states.tsx';
import './signIn.css';

export const SignInPage = () => (
  <main className="sign-in" id="main" data-testid="sign-in">
    <Logo size={40} />
    <h1>Sign in with a link</h1>
    <p>
      Meterline has no passwords. On the machine that runs it, ask for a link; it works once, for a few minutes, and
      signs this browser in.
    </p>
    <Command text="npx meterline login" />
    <p className="quiet">
      A link that was used or has expired shows this page again: ask for a new one. Scripts use an API key in the{' '}
      <code>authorization</code> header instead.
    </p>
  </main>
);
