import type { OpenRepliesOptions, ReplyQueue } from '../broker';
import type { Link, MemoryClient } from './client';
import { guarded } from './guarded';

let last = 0;

/** A queue of one connection alone: it goes with it. */
export class MemoryReplies implements ReplyQueue, Link {
  readonly name = `amq.gen-${(last += 1)}`;
  private ended = false;

  constructor(
    private readonly client: MemoryClient,
    private readonly replies: OpenRepliesOptions,
  ) {
    const queue = { name: this.name, type: 'classic' as const, arguments: {}, purpose: 'answers' };
    client.world.apply({ exchanges: [], queues: [queue], bindings: [] });
    const source = client.world.queue(this.name);
    const channel = source?.open(() => this.lost());
    if (!source || !channel) return;
    source.consume({
      ...{ channel, prefetch: 1 },
      onDelivery: (delivery) => {
        delivery.ack();
        guarded('A receiver of answers', () => this.replies.onReply(delivery.message));
      },
    });
  }

  /** What was lost stays lost. */
  connected(): void {
    return undefined;
  }

  lost(): void {
    if (this.leave()) guarded('A receiver of answers', () => this.replies.onLost?.());
  }

  async close(): Promise<void> {
    this.leave();
    await new Promise<void>((resolve) => this.client.world.turns.soon(resolve));
  }

  end(): Promise<void> {
    return this.close();
  }

  /** False when it had ended before. */
  private leave(): boolean {
    if (this.ended) return false;
    this.ended = true;
    this.client.world.delete(this.name);
    this.client.forget(this);
    return true;
  }
}
