import type { BrokerState } from '../broker';
import { Link } from './link';
import type { ResolvedAmqpOptions } from './options';
import { maskUrl } from './urls';

/**
 * The two connections: an alarm of the broker blocks whoever publishes, and acks must get through all the same. Whatever
 * is not a publish goes by the consuming one.
 */
export class Connections {
  readonly publishing: Link;
  readonly consuming: Link;
  state: BrokerState = { name: 'stopped' };
  private readonly listeners = new Set<(state: BrokerState) => void>();
  private running = false;
  private told: string | undefined;

  constructor(private readonly options: ResolvedAmqpOptions) {
    this.publishing = new Link('publish', options);
    this.consuming = new Link('consume', options);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    for (const link of this.links) {
      link.onChange(() => this.look());
      link.start();
    }
    this.look();
  }

  onState(listener: (state: BrokerState) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** The last reason why there is no connection, without a password. */
  get lastError(): string | undefined {
    return (this.publishing.fault ?? this.consuming.fault)?.text;
  }

  async stop(deadlineMs: number): Promise<void> {
    this.running = false;
    await Promise.all(this.links.map((link) => link.stop(deadlineMs)));
    this.look();
  }

  private get links(): Link[] {
    return [this.publishing, this.consuming];
  }

  private look(): void {
    const before = this.state;
    const now = this.stateNow();
    if (same(before, now)) return;
    this.state = now;
    this.report(before, now);
    for (const listener of [...this.listeners]) tell(listener, now);
  }

  private stateNow(): BrokerState {
    if (!this.running) return { name: 'stopped' };
    const { publishing, consuming } = this;
    if (!publishing.model || !consuming.model) {
      const refused = this.links.some((link) => link.fault?.refused);
      return { name: 'connecting', lastError: this.lastError, ...(refused ? { refused } : {}) };
    }
    const { version } = publishing.model.connection.serverProperties;
    return publishing.blocked ? { name: 'blocked', version, ...publishing.blocked } : { name: 'connected', version };
  }

  private report(before: BrokerState, now: BrokerState): void {
    const { events } = this.options;
    if (now.name === 'blocked') events.emit({ event: 'broker.blocked', reason: now.reason });
    if (before.name === 'blocked' && now.name === 'connected') events.emit({ event: 'broker.unblocked' });
    if (now.name === 'connected' && before.name !== 'blocked') {
      this.told = undefined;
      events.emit({ event: 'broker.connected', url: this.where(), version: now.version });
    }
    // Told once per reason, not once per attempt.
    if (now.name === 'connecting' && now.lastError !== undefined && now.lastError !== this.told) {
      this.told = now.lastError;
      events.emit({ event: 'broker.disconnected', reason: now.lastError });
    }
  }

  private where(): string {
    const urls = this.links.flatMap((link) => (link.url === undefined ? [] : [maskUrl(link.url)]));
    return [...new Set(urls)].join(', ');
  }
}

/** A listener that throws must not be taken for a failed connect. */
function tell(listener: (state: BrokerState) => void, state: BrokerState): void {
  try {
    listener(state);
  } catch (error) {
    process.emitWarning(`A listener failed on the broker's state ${state.name}: ${String(error)}`, {
      code: 'SCUTWORK_LISTENER',
    });
  }
}

function same(a: BrokerState, b: BrokerState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
