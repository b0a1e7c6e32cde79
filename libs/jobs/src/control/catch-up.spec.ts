import type { Broker } from '../broker/broker';
import { confirmed } from '../broker/confirmed';
import { memoryWorld } from '../broker/memory/memory-broker';
import type { ControlMessage } from '../contracts/control';
import { EventBus } from '../events/event-bus';
import { fakeClock } from '../testing/fake-clock';
import { namesFor } from '../topology/names';
import { planLedger } from '../topology/plan';
import { ControlStream } from './control-stream';

const names = namesFor();
const at = Date.UTC(2030, 0, 1);
const paused: ControlMessage = {
  ...{ kind: 'snapshot', version: 7, snapshotAt: at, part: 1, parts: 1 },
  entries: { 'pause:queue:mail': { kind: 'pause', queue: 'mail' } },
};

/** A broker whose stream tells each message so much later. */
function slowly(broker: Broker, lateMs: number, clock: ReturnType<typeof fakeClock>): Broker {
  const slow = Object.create(broker) as Broker;
  slow.readStream = (options) =>
    broker.readStream({
      ...options,
      onMessage: (message) => void clock.after(lateMs, () => options.onMessage(message)),
    });
  return slow;
}

test.each([0, 2_500, 4_000, 20_000])(
  'a stream that tells what it holds %i ms late is not taken for empty',
  async (lateMs) => {
    const clock = fakeClock(at);
    const memory = memoryWorld({ clock });
    clock.watch(() => memory.activity());
    const broker = memory.connect();
    await Promise.all([broker.start(), clock.settle()]);
    await broker.apply(planLedger({ names }));
    const body = Buffer.from(JSON.stringify(paused));
    await Promise.all([
      confirmed(
        broker.publisher(),
        { exchange: '', routingKey: names.control, mandatory: true, body },
        'what is in force',
      ),
      clock.advance(1_000),
    ]);
    const control = new ControlStream({ broker: slowly(broker, lateMs, clock), names, clock, events: new EventBus() });
    const seen: [string, boolean][] = [];
    control.onChange(() => seen.push([control.standing, control.isQueuePaused('mail')]));
    await control.start();
    await clock.advance(120_000);
    expect(seen.filter(([standing]) => standing !== 'unknown')).toEqual([['present', true]]);
    await Promise.all([control.stop(), clock.advance(1_000)]);
  },
);
