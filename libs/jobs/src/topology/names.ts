import { ConfigurationError } from '../contracts/errors';
import type { Priority } from '../contracts/job-type';

const DEFAULT_PREFIX = 'jobs';
/** Part of every ladder name: messages in flight keep the meaning of their positions. */
const LADDER_VERSION = 'v1';

export interface Names {
  readonly prefix: string;
  /** Exchange of a priority level; its routing key is the job type. */
  priority(priority: Priority): string;
  /** Exchange of a priority level for those who know the queue; its routing key is the queue. */
  direct(priority: Priority): string;
  /** Exchange for publishers in other languages; unroutable messages go to the stray queue. */
  door(priority: Priority): string;
  /** Queue of the jobs of one queue at one level. */
  work(queue: string, priority: Priority): string;
  suspect(queue: string): string;
  suspectExchange: string;
  dead(queue: string): string;
  deadExchange: string;
  /** Exchange and queue of ladder level `bit`. */
  delay(bit: number): string;
  isDelay(queue: string): boolean;
  due: string;
  stray: string;
  records: string;
  /** The ledger's inbox: what is published to `records`, and copies of what comes through the doors. */
  ledger: string;
  /** What the ledger could not record, each alone with its error. */
  parked: string;
  /** Far delays and far retries, for the ledger to keep. */
  later: string;
  /** Submissions that the ledger decides: unique jobs, ticks. */
  submit: string;
  /** Events for anyone, fed by the ledger after commit; key `<queue>.<event>`. */
  events: string;
  /** Exchange and queue that keep what comes for a queue, and what was in it, while it is made anew. */
  holding(queue: string): string;
  /** Stream of what is to be controlled: pauses, cancels, limits. */
  control: string;
}

/** The only place where a name of an exchange or a queue is made. */
export function namesFor(prefix: string = DEFAULT_PREFIX): Names {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(prefix) || prefix.length > 40) {
    throw new ConfigurationError('queue_name_invalid', `The topology prefix ${JSON.stringify(prefix)} is not legal`, {
      field: 'prefix',
      hint: 'Use words of a-z, 0-9 and "-", joined by dots, at most 40 characters.',
    });
  }
  return {
    prefix,
    priority: (priority) => `${prefix}.${priority}`,
    direct: (priority) => `${prefix}.to.${priority}`,
    door: (priority) => `${prefix}.in.${priority}`,
    work: (queue, priority) => `${prefix}.${queue}.${priority}`,
    suspect: (queue) => `${prefix}.${queue}.suspect`,
    suspectExchange: `${prefix}.suspect`,
    dead: (queue) => `${prefix}.${queue}.dead`,
    deadExchange: `${prefix}.dead`,
    delay: (bit) => `${prefix}.delay.${LADDER_VERSION}.${String(bit).padStart(2, '0')}`,
    isDelay: (queue) => queue.startsWith(`${prefix}.delay.`),
    due: `${prefix}.due`,
    stray: `${prefix}.stray`,
    records: `${prefix}.records`,
    ledger: `${prefix}.ledger`,
    parked: `${prefix}.ledger.parked`,
    later: `${prefix}.later`,
    submit: `${prefix}.submit`,
    events: `${prefix}.events`,
    holding: (queue) => `${queue}.migrating`,
    control: `${prefix}.control`,
  };
}
