import { identify } from '@scutwork/jobs/wire';
import type { Priority } from '@scutwork/jobs';
import type { Actor, BulkView, JobView, Reading, Steering } from '../api';
import type { Recorder } from '../record/recorder';
import type { Database } from '../store/database';
import { auditAction } from '../access/audit-log';
import { BulkActions } from './bulk-actions';
import { cancel } from './cancel';
import { liftCap, setCap } from './caps';
import type { CheckPayload } from './check-payload';
import type { Decide } from './decision';
import { type PutOff, dueAtOf } from './due-at';
import { promote, reschedule, setPriority } from './move';
import { type Pausable, pause, resume } from './pauses';
import { retry } from './retry';
import type { LongestAttempt } from './sharers';
import { steer } from './steer';

export interface SteeringOptions {
  database: Database;
  recorder: Recorder;
  /** Shows the job that was steered. */
  reader: Pick<Reading, 'job'>;
  /** For payloads that are edited. */
  checkPayload: CheckPayload;
  /** For those of a capped queue that are lost. */
  longest: LongestAttempt;
  /** Something is to be published: wakes the duties `control` and `relay`. */
  onChange?: () => void;
}

type Steers = Omit<Steering, 'remove' | 'clean'>;

/**
 * Steers jobs and queues: each method is one transaction, with its line in the audit log. What must be told to workers
 * goes out by the control stream after the commit, what must be published by the outbox.
 */
export class JobSteering implements Steers {
  private readonly bulkActions: BulkActions;

  constructor(private readonly options: SteeringOptions) {
    this.bulkActions = new BulkActions(options.database);
  }

  cancel(id: string, actor: Actor): Promise<JobView> {
    return this.steerOne('cancel', id, cancel, actor);
  }

  async retry(id: string, actor: Actor, changes: { payload?: unknown } = {}): Promise<JobView> {
    if (!('payload' in changes)) return this.steerOne('retry', id, retry(), actor);
    const { type } = await this.options.reader.job(id);
    const edited = await this.options.checkPayload(type, changes.payload);
    return this.steerOne('retry', id, retry(edited), actor, { payload: 'edited' });
  }

  promote(id: string, actor: Actor): Promise<JobView> {
    return this.steerOne('promote', id, promote, actor);
  }

  reschedule(id: string, to: PutOff, actor: Actor): Promise<JobView> {
    return this.steerOne('reschedule', id, reschedule(dueAtOf(to)), actor, to);
  }

  setPriority(id: string, priority: Priority, actor: Actor): Promise<JobView> {
    return this.steerOne('priority', id, setPriority(priority), actor, { priority });
  }

  async pause(what: Pausable, actor: Actor): Promise<{ version: number }> {
    const version = await this.options.database.transaction((tx) => pause(tx, what, actor));
    this.options.onChange?.();
    return { version };
  }

  async resume(what: Pausable, actor: Actor): Promise<{ version: number }> {
    const version = await this.options.database.transaction((tx) => resume(tx, what, actor));
    this.options.onChange?.();
    return { version };
  }

  async cap(queue: string, most: number, actor: Actor): Promise<{ version: number }> {
    const { database, longest, onChange } = this.options;
    const version = await database.transaction((tx) => setCap(tx, { queue, most }, actor, longest));
    onChange?.();
    return { version };
  }

  async uncap(queue: string, actor: Actor): Promise<{ version: number }> {
    const version = await this.options.database.transaction((tx) => liftCap(tx, queue, actor));
    this.options.onChange?.();
    return { version };
  }

  async bulk(...[action, filter, actor, args = {}]: Parameters<Steering['bulk']>): Promise<BulkView> {
    const view = await this.bulkActions.begin(action, filter, actor, args);
    this.options.onChange?.();
    return view;
  }

  bulkAction(id: string): Promise<BulkView> {
    return this.bulkActions.view(id);
  }

  private async steerOne(
    action: string,
    idOrKey: string,
    decide: Decide,
    actor: Actor,
    detail?: Record<string, unknown>,
  ): Promise<JobView> {
    const { database, recorder, reader, onChange } = this.options;
    const { id } = identify(idOrKey);
    await database.transaction(async (tx) => {
      const refusal = (await steer(tx, recorder, [id], decide)).get(id);
      if (refusal) throw refusal;
      await auditAction(tx, actor, `jobs.${action}`, [id], detail);
    });
    onChange?.();
    return reader.job(id);
  }
}
