import type { Actor, AuditEntry, AuditLog } from '@scutwork/ledger';
import type { Logger } from 'pino';

const EVERY_MS = 1_000;

interface Tally {
  actor: Actor;
  type: string;
  jobs: number;
  firstId: string;
}

/**
 * Audit of added jobs: for each caller, address and type one entry a second, with their number. An entry for each of
 * thousands a second would cost as much as the jobs; each job is a record itself. Adding waits for none of it.
 */
export class SubmissionsTrail {
  private tallies = new Map<string, Tally>();
  private timer: NodeJS.Timeout | undefined;
  private writing = Promise.resolve();

  constructor(
    private readonly audit: Pick<AuditLog, 'write'>,
    private readonly log: Pick<Logger, 'warn'>,
  ) {}

  note(actor: Actor, jobs: readonly { id: string; type: string }[]): void {
    for (const { id, type } of jobs) {
      const key = JSON.stringify([actor.name, actor.ip, type]);
      const tally = this.tallies.get(key) ?? { actor, type, jobs: 0, firstId: id };
      tally.jobs += 1;
      this.tallies.set(key, tally);
    }
    this.timer ??= setTimeout(() => void this.flush(), EVERY_MS);
  }

  /** Writes what was noted; the last time when the producer stops. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const tallies = [...this.tallies.values()];
    this.tallies = new Map();
    if (tallies.length > 0) this.writing = this.writing.then(() => this.write(tallies));
    await this.writing;
  }

  private async write(tallies: Tally[]): Promise<void> {
    try {
      await this.audit.write(tallies.map(entryOf));
    } catch (error) {
      this.log.warn({ err: error, entries: tallies.length }, 'added jobs could not be noted in the audit log');
    }
  }
}

function entryOf({ actor, type, jobs, firstId }: Tally): AuditEntry {
  const { name, role, ip } = actor;
  return { actor: name, role, ip, action: 'jobs.add', target: type, detail: { jobs, firstId } };
}
