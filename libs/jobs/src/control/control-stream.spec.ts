import { published } from '../broker/confirmed';
import { memoryBroker } from '../broker/memory/memory-broker';
import { CONTROL_MESSAGE_TYPE, type ControlMessage } from '../contracts/control';
import { EventBus } from '../events/event-bus';
import { systemClock } from '../lifecycle/clock';
import { namesFor } from '../topology/names';
import { planLedger } from '../topology/plan';
import { ControlStream } from './control-stream';

const names = namesFor();

test.each([
  ['a clock that agrees with the last beat is trusted until the next: nobody waits for it', 3_000, true],
  ['one that is an hour ahead waits for a beat', 3_600_000, false],
  ['one that is behind waits for a beat', -3_000, false],
])('%s', async (_, sinceMs, trusted) => {
  const broker = memoryBroker();
  await broker.start();
  await broker.apply(planLedger({ names }));
  const publisher = broker.publisher();
  const tell = (message: ControlMessage) =>
    published(publisher, {
      ...{ exchange: '', routingKey: names.control, mandatory: true },
      ...{ type: CONTROL_MESSAGE_TYPE, contentType: 'application/json', body: Buffer.from(JSON.stringify(message)) },
    });
  const now = Date.now() - sinceMs;
  await tell({ kind: 'snapshot', version: 0, snapshotAt: now, part: 1, parts: 1, entries: {} });
  await tell({ kind: 'beat', version: 0, snapshotAt: now, now });
  const control = new ControlStream({ broker, names, clock: systemClock, events: new EventBus() });
  await control.start();
  await control.ready();
  expect([control.standing, control.beatAt, control.clockOffsetMs]).toEqual([
    'present',
    trusted ? now : undefined,
    undefined,
  ]);
  await control.stop();
  await broker.stop();
});
