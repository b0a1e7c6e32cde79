/** What somebody may do: `viewer` reads, `operator` adds and steers jobs, `admin` gives others access. Each may what those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];
