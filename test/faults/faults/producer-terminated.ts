import { terminated } from './signalled';

export const fault = terminated('producer');
