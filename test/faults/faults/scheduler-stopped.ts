import { stopped } from './signalled';

export const fault = stopped('scheduler');
