export { Database } from './store/database';
export type { DatabaseOptions } from './store/database';
export { migrate } from './store/migrate';
export { Recorder } from './record/recorder';
