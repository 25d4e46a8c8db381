/** "?": what this page answers, and the keys. */
import '@mantine/core/styles/ModalBase.css';
import '@mantine/core/styles/Modal.css';
import '@mantine/core/styles/Overlay.css';
import '@mantine/core/styles/Paper.css';
import '@mantine/core/styles/CloseButton.css';
import { Modal } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { pages, whyQuestions } from './pages.ts';
import './help.css';

const keys: readonly [string, string][] = [
  ['Ctrl K', 'search and go anywhere'],
  ...pages.map((page): [string, string] => [`g ${page.key}`, `go to ${page.name}`]),
  ['?', 'this help'],
  ['Esc', 'close what is open'],
];

const words: readonly [string, string][] = [
  ['Charge', 'what an account owes for what it used, rated as each sample arrives.'],
  ['Complete to', 'every sample committed before this moment of the log is in the figures.'],
  ['Suspense', 'what no account owns yet. It is charged here until its owner is known.'],
  ['Simulated', 'sent by a simulated producer; rated through the same log, never real usage.'],
];

export default function Help({ close }: { close: () => void }) {
  const { pathname } = useLocation();
  const page = pages.find(({ path }) => path === pathname || (path !== '/' && pathname.startsWith(`${path}/`)));
  const questions = pathname.startsWith('/why/') ? whyQuestions : (page?.questions ?? []);
  return (
    <Modal
      opened
      onClose={close}
      title="Help"
      size={560}
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={{ header: { role: 'presentation' } }}
    >
      <div className="help">
        {questions.length > 0 && (
          <section>
            <h2>This page answers</h2>
            <ul>
              {questions.map((question) => (
                <li key={question}>{question}</li>
              ))}
            </ul>
          </section>
        )}
        <section>
          <h2>Keys</h2>
          <dl>
            {keys.map(([key, meaning]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
        <section>
          <h2>Words</h2>
          <dl>
            {words.map(([word, meaning]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Modal>
  );
}
