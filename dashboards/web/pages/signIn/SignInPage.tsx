/** Shown when nobody is signed in: there are no passwords, the command line prints a link that works once. */
import { Logo } from '../../components/Logo.tsx';
import { Command } from '../../components/states.tsx';
import './signIn.css';

export const SignInPage = () => (
  <main className="sign-in" id="main" data-testid="sign-in">
    <Logo size={40} />
    <h1>Sign in with a link</h1>
    <p>
      Meterline has no passwords. On the machine that runs it, this prints a link that works once, for ten minutes, and
      signs this browser in:
    </p>
    <Command text="npx meterline login" />
    <p className="quiet">
      A link that was used or has expired does not sign in again; ask for another. Scripts use an API key in the{' '}
      <code>authorization</code> header instead.
    </p>
  </main>
);
