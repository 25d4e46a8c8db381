/** What can go wrong before Node 26 runs. `deploy/errors.ts` carries the same table into the rest of the program. */
export const bootstrapFailures = {
  NODE_TOO_OLD: {
    status: 500,
    title: 'This Node is too old to start Meterline.',
    solve: 'Install Node 20 or newer; Node 26 itself comes with `npm ci`.',
  },
  INSTALL_FAILED: {
    status: 500,
    title: 'The packages could not be installed.',
    solve: 'Read the lines above; most often the network, a proxy or the disk. Then run the same command again.',
  },
  RUNTIME_MISSING: {
    status: 500,
    title: 'Node 26 did not arrive with the packages.',
    solve:
      'Run `npm rebuild node`. Where install scripts are forbidden, allow those of the package `node`. On musl systems (Alpine) use a glibc image.',
  },
  ENGINE_UNLOADABLE: {
    status: 500,
    title: 'The embedded ClickHouse engine (chdb) does not load on this machine.',
    solve: 'It needs Linux with glibc 2.28 or newer, or macOS. Elsewhere set clickhouse.url to a ClickHouse server.',
  },
  NATS_NOT_FOUND: {
    status: 500,
    title: 'No nats-server 2.12 or newer was found, and none could be fetched.',
    solve: 'Install nats-server 2.12 or newer, and put it on PATH or name it in METERLINE_NATS_SERVER.',
  },
  NATS_NOT_USABLE: {
    status: 500,
    title: 'METERLINE_NATS_SERVER does not name a nats-server 2.12 or newer.',
    solve: 'Correct the variable, or unset it to let Meterline find or fetch one.',
  },
  UI_BUILD_FAILED: {
    status: 500,
    title: 'The pages could not be built.',
    solve:
      'Read the lines above; the user that runs this first must be able to write to the clone. `npx vite build` in dashboards/web shows the whole output.',
  },
};

export class BootstrapFailure extends Error {
  /**
   * @param {keyof typeof bootstrapFailures} code
   * @param {string} detail
   */
  constructor(code, detail = '') {
    super(`${bootstrapFailures[code].title} ${detail}`.trim());
    this.code = code;
    this.detail = detail;
    this.solve = bootstrapFailures[code].solve;
  }
}

/** Says what went wrong and what to do, as one JSON document where that was asked for; gives the exit code. */
export function reportFailure(error, args) {
  const known = error instanceof BootstrapFailure;
  const code = known ? error.code : 'UNEXPECTED';
  const solve = known ? error.solve : 'Run the command again; if it stays, report it with the lines above.';
  process.stderr.write(`\n${code}: ${known ? error.message : error?.stack}\n  What to do: ${solve}\n`);
  if (args.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ ok: false, error: { code, message: error?.message, solve } })}\n`);
  }
  return 1;
}
