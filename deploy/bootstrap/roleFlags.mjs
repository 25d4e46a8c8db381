/**
 * Flags of Node for each role. The agent trades speed that it does not need for memory: without the compilers their
 * code pages are never touched. `--expose-gc` and the like stay out: flags decide which compiled code can be shared.
 */
export const roleFlags = {
  collector: ['--no-opt', '--no-maglev', '--no-sparkplug', '--max-semi-space-size=1', '--max-old-space-size=64'],
  rater: [],
  office: [],
};
