import { type AnyJob, type PayloadOf, type ResultOf, namesOf } from '../contracts/define-job';
import { ConfigurationError } from '../contracts/errors';
import { checkJobType, queueOf } from '../contracts/job-type';
import type { RunPolicy } from '../contracts/options';
import type { JobContext } from './context';

/** Does the work of one job. What it returns is the job's result; what it throws decides about another attempt. */
export type Handler<Payload = unknown, Result = unknown> = (
  payload: Payload,
  context: JobContext,
) => Promise<Result> | Result;

export interface HandlerOptions {
  /** Most jobs of this type that run at a time in this worker. Default: as many as its queue allows. */
  concurrency?: number;
}

/** One job type that this worker knows. */
export interface KnownType {
  type: string;
  /** The type, and what it was called before. */
  names: readonly string[];
  queue: string;
  /** Undefined for a plain pattern: its payload is not checked and it has the default policy. */
  definition: AnyJob | undefined;
  policy: Partial<RunPolicy>;
  concurrency: number;
  handle: Handler;
}

/**
 * Which handler does which type.
 *
 * @example
 * const handlers = new Handlers();
 * handlers.register(Welcome, async (payload, context) => { … });
 */
export class Handlers {
  private readonly byName = new Map<string, KnownType>();

  /**
   * @throws ConfigurationError `duplicate_handler` when the type has one already
   * @throws JobError `job_type_invalid`
   */
  register<J extends AnyJob>(job: J, handle: Handler<PayloadOf<J>, ResultOf<J>>, options?: HandlerOptions): void;
  register(type: string, handle: Handler, options?: HandlerOptions): void;
  register(job: AnyJob | string, handle: Handler, options: HandlerOptions = {}): void {
    const definition = typeof job === 'string' ? undefined : job;
    const type = typeof job === 'string' ? checkJobType(job) : job.type;
    const names = definition ? namesOf(definition) : [type];
    for (const name of names) this.checkFree(name);
    const concurrency = options.concurrency ?? Number.POSITIVE_INFINITY;
    if (!(concurrency >= 1)) {
      throw new ConfigurationError('configuration_invalid', `The concurrency of "${type}" is ${concurrency}`, {
        field: `${type}.concurrency`,
        hint: 'Use a whole number of 1 or more, or leave it out.',
      });
    }
    const known: KnownType = {
      type,
      names,
      queue: queueOf(type),
      definition,
      policy: definition?.policy ?? {},
      concurrency,
      handle,
    };
    for (const name of names) this.byName.set(name, known);
  }

  private checkFree(name: string): void {
    if (!this.byName.has(name)) return;
    throw new ConfigurationError('duplicate_handler', `Two handlers are registered for "${name}"`, {
      field: name,
      hint: 'One job type has one handler: remove one, or give it a type of its own.',
    });
  }

  /** By its type, or by a name that it had before. */
  find(name: string): KnownType | undefined {
    return this.byName.get(name);
  }

  /** Each once, whatever it was called before. */
  all(): KnownType[] {
    return [...new Set(this.byName.values())];
  }

  /** The queues of the known types. */
  queues(): string[] {
    return [...new Set(this.all().map((known) => known.queue))].sort();
  }
}
