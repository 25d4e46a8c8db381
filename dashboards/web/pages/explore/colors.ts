/** The six largest groups have a colour of their own; the rest share the seventh. */
export const coloredGroupsMax = 6;

export const seriesColor = (rank: number): string => `var(--s${Math.min(rank, coloredGroupsMax) + 1})`;
