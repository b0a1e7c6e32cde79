import { settingsWith } from '../../../../test/support/delivered';
import { z } from 'zod';
import { memoryBroker } from '../broker/memory/memory-broker';
import { defineJob } from '../contracts/define-job';
import { checkConsumerTimeout, pullsForFreeSlots, queuesCarryTimeout } from './consumer-timeout';
import { Handlers } from './handlers';

function settings(version: string | undefined, timeout: string, consumerTimeoutMs?: number) {
  const handlers = new Handlers();
  handlers.register(defineJob({ type: 'video.encode', payload: z.object({}), timeout }), () => undefined);
  handlers.register('email.welcome', () => undefined);
  const broker = memoryBroker();
  const state = version === undefined ? { name: 'connecting' as const } : { name: 'connected' as const, version };
  Object.defineProperty(broker, 'state', { value: state });
  return settingsWith({ handlers, broker, consumerTimeoutMs });
}

test.each([
  ['3.10.8', false],
  ['3.11.28', false],
  ['3.12.0', true],
  ['3.13.7', true],
  ['4.0.1', true],
  ['10.1', true],
])('RabbitMQ %s: queues carry their own timeout: %p', (version, carried) => {
  expect(queuesCarryTimeout(version)).toBe(carried);
});

test('a job that may outlive the timeout of its broker is refused at start, with what to set', () => {
  const check = () => checkConsumerTimeout(settings('3.10.8', '31m'));
  expect(check).toThrow(
    expect.objectContaining({
      code: 'consumer_timeout_too_short',
      field: 'timeout',
      message: expect.stringMatching(/3\.10\.8.*1800000 ms.*video\.encode \(1860000 ms\)/),
      hint: expect.stringContaining('consumer_timeout'),
    }),
  );
});

test.each([
  ['the queue carries its own', settings('3.12.0', '31m')],
  ['it fits', settings('3.10.8', '30m')],
  ['the broker was told to wait longer', settings('3.10.8', '2h', 3 * 3_600_000)],
  ['the broker never takes a job away', settings('3.10.8', '99d', Number.POSITIVE_INFINITY)],
  ['the broker is not known yet', settings(undefined, '31m')],
])('a long job is taken where %s', (_, given) => {
  expect(() => checkConsumerTimeout(given)).not.toThrow();
});

test('messages are not fetched ahead where one could outlive the timeout before it starts', () => {
  expect(pullsForFreeSlots('video', settings('3.10.8', '10m'))).toBe(false);
  expect(pullsForFreeSlots('video', settings('3.10.8', '11m'))).toBe(true);
  expect(pullsForFreeSlots('email', settings('3.10.8', '11m'))).toBe(false);
  expect(pullsForFreeSlots('video', settings('4.0.1', '11m'))).toBe(false);
});
