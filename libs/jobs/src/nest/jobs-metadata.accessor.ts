import { Injectable } from '@nestjs/common';
import type { AnyJob } from '../contracts/define-job';
import type { Schedule } from '../scheduling/define-schedule';
import { JOB_HANDLER_METADATA, SCHEDULED_METADATA } from './jobs.constants';

/** Reads what the decorators have written, and nothing else. */
@Injectable()
export class JobsMetadataAccessor {
  /** The definition that a method handles. */
  jobOf(method: object): AnyJob | undefined {
    return Reflect.getMetadata(JOB_HANDLER_METADATA, method) as AnyJob | undefined;
  }

  /** The schedules that stand at a method. */
  schedulesOf(method: object): Schedule[] {
    return (Reflect.getMetadata(SCHEDULED_METADATA, method) ?? []) as Schedule[];
  }
}
