import type { OpenRepliesOptions, ReplyQueue } from '../broker';
import type { MemoryClient } from './client';
import { guarded } from './guarded';
import { PassingLink } from './passing-link';

let last = 0;

/** A queue of one connection alone: it goes with it. */
export class MemoryReplies extends PassingLink implements ReplyQueue {
  readonly name = `amq.gen-${(last += 1)}`;

  constructor(
    client: MemoryClient,
    private readonly replies: OpenRepliesOptions,
  ) {
    super(client);
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

  lost(): void {
    if (this.leave()) guarded('A receiver of answers', () => this.replies.onLost?.());
  }

  protected giveUp(): void {
    this.client.world.delete(this.name);
  }
}
