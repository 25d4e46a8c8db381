/** Progress on standard error: a moving line on a terminal, plain lines elsewhere. Standard output stays clean. */
const terminal = process.stderr.isTTY === true;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const colour = terminal && process.env.NO_COLOR === undefined;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Shows `label` while `work` runs and how long it took when it is done.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(label, work) {
  const startMs = performance.now();
  const seconds = () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
  let frame = 0;
  const draw = () =>
    process.stderr.write(`\r\x1b[2K${frames[frame++ % frames.length]} ${label} ${paint(2, seconds())}`);
  const timer = terminal ? setInterval(draw, 100) : undefined;
  if (!terminal) say(`${label} …`);
  const end = (mark) => {
    clearInterval(timer);
    if (terminal) process.stderr.write(`\r\x1b[2K${mark} ${label} ${paint(2, seconds())}\n`);
    else say(`${label}: ${mark === '✗' ? 'failed' : 'done'} (${seconds()})`);
  };
  try {
    const result = await work();
    end(paint(32, '✓'));
    return result;
  } catch (error) {
    end('✗');
    throw error;
  }
}
