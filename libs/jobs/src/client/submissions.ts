import type { Publisher, PublishFailure, ReplyQueue } from '../broker/broker';
import { DeliveryError, JobError, JobNotAccepted, type ScutworkError } from '../contracts/errors';
import { HEADER } from '../contracts/headers';
import { newJobId } from '../contracts/job-id';
import type { IncomingMessage, OutgoingMessage } from '../contracts/message';
import { type SubmissionAnswer, SUBMISSION_MESSAGE_TYPE } from '../contracts/submission';
import type { ClientSettings } from './client-options';
import type { PreparedJob } from './prepare';

type Job = Extract<SubmissionAnswer, { job: unknown }>['job'];

interface Asked {
  answer: (said: SubmissionAnswer) => void;
  /** Nobody can tell what became of it. */
  giveUp: (reason: string) => void;
}

/** How long the answer is waited for once the broker has the question. */
const ANSWER_MS = 30_000;

/**
 * Jobs that the ledger decides on before they exist: unique ones, and those that say how long they are kept. Asked for
 * through `jobs.submit`, answered into a queue of this connection alone.
 */
export class Submissions {
  private replies: Promise<ReplyQueue> | undefined;
  private readonly asked = new Map<string, Asked>();

  constructor(
    private readonly settings: ClientSettings,
    private readonly publisher: Publisher,
  ) {}

  /**
   * @throws JobNotAccepted `no_ledger` when there is none; `publish_unknown` when no answer came in time
   * @throws JobNotAccepted `backlog_full` when the ledger lets no more of the queue wait
   * @throws JobError `submission_refused` when the ledger does not take it
   */
  async submit(job: PreparedJob): Promise<Job> {
    const replyTo = await this.replyQueue(job);
    const request = newJobId();
    return new Promise((resolve, reject) => {
      const stop = this.settings.clock.after(this.settings.publisher.deadlineMs ?? ANSWER_MS, () =>
        this.asked.get(request)?.giveUp('no answer came in time'),
      );
      const end = (): void => {
        stop();
        this.asked.delete(request);
      };
      this.asked.set(request, {
        answer: (said) => {
          end();
          if ('job' in said) resolve(said.job);
          else reject(refused(job, said.error));
        },
        giveUp: (reason) => {
          end();
          reject(unknown(job, reason));
        },
      });
      this.publisher.publish(this.question(job, request, replyTo), (failure) => {
        if (!failure || !this.asked.has(request)) return;
        end();
        reject(notAsked(job, failure));
      });
    });
  }

  async close(): Promise<void> {
    for (const { giveUp } of [...this.asked.values()]) giveUp('the client was stopped');
    // One that could not be opened has been told to whoever asked by it, and needs no closing.
    const opened = await this.replies?.catch(() => undefined);
    await opened?.close();
  }

  private question(job: PreparedJob, request: string, replyTo: string): OutgoingMessage {
    const { identity, definition, overrides, payload, gated } = job;
    const options = { ...gated, id: identity.key ?? identity.id, delay: overrides.delayMs };
    return {
      ...{ exchange: '', routingKey: this.settings.names.submit, mandatory: true },
      body: Buffer.from(
        `{"type":${JSON.stringify(definition.type)},"payload":${payload},"options":${JSON.stringify(options)}}`,
      ),
      ...{
        messageId: request,
        type: SUBMISSION_MESSAGE_TYPE,
        contentType: 'application/json',
        appId: this.settings.appId,
      },
      headers: { [HEADER.replyTo]: replyTo },
    };
  }

  private async replyQueue(job: PreparedJob): Promise<string> {
    this.replies ??= this.settings.broker.openReplies({
      onReply: (message) => this.take(message),
      onLost: () => {
        this.replies = undefined;
        for (const { giveUp } of [...this.asked.values()]) giveUp('the connection was lost before the answer came');
      },
    });
    try {
      return (await this.replies).name;
    } catch (cause) {
      this.replies = undefined;
      const { id } = job.identity;
      const message = `Job ${id} was not submitted: no answer could come`;
      const hint = 'Check that the broker runs, then add it again.';
      throw new JobNotAccepted('broker_unreachable', 'refused', id, message, { hint, cause });
    }
  }

  private take({ correlationId, body }: IncomingMessage): void {
    const asked = correlationId === undefined ? undefined : this.asked.get(correlationId);
    asked?.answer(JSON.parse(body.toString()) as SubmissionAnswer);
  }
}

function refused(
  { identity }: PreparedJob,
  { code, message, field, hint }: Extract<SubmissionAnswer, { error: unknown }>['error'],
): ScutworkError {
  if (code === 'backlog_full') return new JobNotAccepted(code, 'refused', identity.id, message, { field, hint });
  const cause = new DeliveryError('submission_refused', `${code}: ${message}`);
  return new JobError('submission_refused', message, { field, hint, cause });
}

function unknown({ identity, definition }: PreparedJob, reason: string): JobNotAccepted {
  const { id, key } = identity;
  const message = `Nobody can tell whether job ${key ?? id} of type ${definition.type} was accepted: ${reason}`;
  return new JobNotAccepted('publish_unknown', 'unknown', id, message, {
    hint: 'It may have been: add it again with options.id set to this id.',
  });
}

function notAsked(job: PreparedJob, failure: PublishFailure): JobNotAccepted {
  if (failure.kind === 'unknown') return unknown(job, failure.reason);
  const { id } = job.identity;
  if (failure.kind === 'returned') {
    return new JobNotAccepted(
      'no_ledger',
      'refused',
      id,
      `Job ${id} has options that a ledger sees to, and there is none`,
      {
        field: job.gated?.unique ? 'options.unique' : 'options.retention',
        hint: 'Start the producer with its ledger on this broker and prefix, or leave the option out.',
      },
    );
  }
  return new JobNotAccepted('broker_unreachable', 'refused', id, `Job ${id} was not submitted: ${failure.reason}`, {
    hint: 'Nothing was sent; check the broker, then add it again.',
  });
}
