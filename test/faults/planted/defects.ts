export const DEFECTS = {} as const;
export type Defect = keyof typeof DEFECTS;
