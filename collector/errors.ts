import { defineErrors } from '#core/errors.ts';

export const collectorError = defineErrors({
  AGENT_NOT_ENROLLED: {
    status: 500,
    title: 'The agent lacks its signing key or its credentials for the broker.',
    solve:
      'Run `meterline enrol <producer>` on the instance, which makes both, and bring them here; or name another producer in collector.producer.',
  },
  AGENT_KEY_INVALID: {
    status: 500,
    title: 'The signing key of the agent is not an Ed25519 seed.',
    solve: 'Restore the file from its backup (43 base64url characters), or enrol the producer again.',
  },
  AGENT_ID_INVALID: {
    status: 500,
    title: 'A name in the configuration of the collector cannot be used.',
    solve: 'Use 1 to 36 of a–z, 0–9 and "-" for tenant and producer, and letters, digits and ._:@- for services.',
  },
  AGENT_DUPLICATED: {
    status: 500,
    title: 'Another agent sends under the name and key of this one; this one has left off metering.',
    solve:
      'A disk or machine was cloned: enrol one of the two under a name of its own. Restart this one when it is to go on and the other is gone. See docs/runbooks/cloned-agent.md.',
  },
  SPOOL_IN_USE: {
    status: 500,
    title: 'Another agent writes this spool.',
    solve: 'Stop the process named, or give this agent another producer or data directory.',
  },
  SPOOL_UNUSABLE: {
    status: 500,
    title: 'The spool cannot be opened.',
    solve:
      'Make the directory writable and its disk healthy; nothing is metered until then, so that nothing is lost unseen.',
  },
  SPOOL_WRITE_FAILED: {
    status: 500,
    title: 'A batch could not be written to the spool.',
    solve:
      'Free space or mend the disk; counters go on and the next batch that can be written covers the time between.',
  },
  SOURCE_FAILED: {
    status: 500,
    title: 'A source cannot be read.',
    solve: 'Give the agent read access to the path named; the other sources go on.',
  },
  FLEET_REFUSED: {
    status: 500,
    title: 'The office refused to enrol a simulated host.',
    solve:
      'Check that the admin key belongs to this instance and that the fleet is not larger than the tenant may have.',
  },
});
