import { killed } from './signalled';

export const fault = killed('scheduler');
