import type { CorrectionPorts } from '../corrections/ports.ts';

/** A store without rows. */
export const noRows: CorrectionPorts = {
  loadedSeq: async () => 0,
  headSeq: async () => 0,
  selected: async () => ({ blocks: [], cursor: null }),
  selectedSamples: async () => ({ batches: [], cursor: null }),
  hasCutSamples: async () => false,
  standing: async () => ({ rows: [], lastSeq: null }),
  correctedPlaces: async () => [],
  adjustments: async () => [],
  batch: async () => undefined,
  booked: async () => [],
  preview: async () => undefined,
};
