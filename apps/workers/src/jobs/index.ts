/** The job types that this app works, for those who add them. Definitions only: importing this loads no handler. */
import { Welcome } from './email/welcome.job';

export { Welcome };

/** All of them. */
export const jobs = [Welcome] as const;
