/** The nodes of a test cluster. */
export const NODES = ['a', 'b', 'c'] as const;
export type NodeName = (typeof NODES)[number];
