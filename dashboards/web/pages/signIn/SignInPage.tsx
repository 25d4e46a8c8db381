/** Shown when nobody is signed in: there are no passwords, the command line prints a link that works once. */
import { Logo } from '../../components/Logo.tsx';
import { Command } from '../../components/states.tsx';
import './signIn.css';

export const SignInPage = () => (
  <main className="sign-in" id="main" data-testid="sign-in">
    <Logo size={40} />
    <h1>Sign in with a link</h1>
    <p>
      Meterline has no passwords. On the machine that runs it, each start prints a link; it works once, for a few
      minutes, and signs this browser in.
    </p>
    <Command text="npx meterline up" />
    <p className="quiet">
      A link that was used or has expired does not sign in again. Stop and start to get a new one: nothing is lost.
      Scripts use an API key in the <code>authorization</code> header instead.
    </p>
  </main>
);
