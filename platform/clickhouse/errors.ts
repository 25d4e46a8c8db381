import { defineErrors } from '#core/errors.ts';

export const clickhouseError = defineErrors({
  CLICKHOUSE_UNREACHABLE: {
    status: 503,
    title: 'ClickHouse did not answer.',
    solve: 'Check that the server runs at the address named and takes these credentials; loading goes on by itself.',
  },
  CLICKHOUSE_LOCKED: {
    status: 500,
    title: 'The embedded ClickHouse directory is in use by another process.',
    solve: 'Stop the other instance, or start this one with another --data directory.',
  },
  CLICKHOUSE_UNUSABLE: {
    status: 500,
    title: 'The embedded ClickHouse directory cannot be opened.',
    solve: 'Make the directory writable; if it is damaged move it away and start again: it is rebuilt from the log.',
  },
  CLICKHOUSE_UNSUPPORTED: {
    status: 500,
    title: 'The embedded ClickHouse engine does not run on this machine.',
    solve: 'Use Linux with glibc or macOS, or set clickhouse.url to a ClickHouse server.',
  },
  CLICKHOUSE_FULL: {
    status: 507,
    title: 'ClickHouse has no space left.',
    solve: 'Free disk space; loading goes on by itself and nothing is lost.',
  },
  CLICKHOUSE_TIMEOUT: {
    status: 504,
    title: 'The query took too long.',
    solve: 'Narrow the time range or the filters.',
  },
  CLICKHOUSE_BUSY: {
    status: 503,
    title: 'Too many queries wait for ClickHouse.',
    solve: 'Ask again in a moment; loading goes on by itself.',
  },
  CLICKHOUSE_REFUSED: {
    status: 500,
    title: 'ClickHouse refused the statement.',
    solve: 'The message names the reason; a query that needs too much memory wants narrower filters.',
  },
});
