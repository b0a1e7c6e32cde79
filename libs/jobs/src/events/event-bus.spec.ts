import { EventBus, silentEvents } from './event-bus';

const unblocked = { event: 'broker.unblocked' } as const;
const blocked = { event: 'broker.blocked', reason: 'memory' } as const;

test('a listener hears its own event, until it ends', () => {
  const bus = new EventBus();
  const heard: unknown[] = [];
  const end = bus.on('broker.blocked', (event) => heard.push(event.reason));
  bus.emit(blocked);
  bus.emit(unblocked);
  end();
  end();
  bus.emit(blocked);
  expect(heard).toEqual(['memory']);
});

test('who listens to all hears all', () => {
  const bus = new EventBus();
  const heard: unknown[] = [];
  const end = bus.onAny((event) => heard.push(event.event));
  bus.emit(blocked);
  bus.emit(unblocked);
  end();
  bus.emit(blocked);
  expect(heard).toEqual(['broker.blocked', 'broker.unblocked']);
});

test('a fact is wanted only while somebody listens to it', () => {
  const bus = new EventBus();
  expect(bus.wants('completed')).toBe(false);
  const ends = [bus.on('completed', () => undefined), bus.onAny(() => undefined)];
  expect([bus.wants('completed'), bus.wants('dead')]).toEqual([true, true]);
  ends[1]?.();
  expect([bus.wants('completed'), bus.wants('dead')]).toEqual([true, false]);
  ends[0]?.();
  expect(bus.wants('completed')).toBe(false);
  expect(silentEvents.wants('completed')).toBe(false);
});

test('a subscriber that throws is reported, and the others still hear', () => {
  const faults: unknown[] = [];
  const bus = new EventBus((error, event) => faults.push([error, event]));
  const fault = new Error('broken subscriber');
  const heard: unknown[] = [];
  bus.on('broker.unblocked', () => {
    throw fault;
  });
  bus.on('broker.unblocked', (event) => heard.push(event));
  bus.emit(unblocked);
  expect(faults).toEqual([[fault, unblocked]]);
  expect(heard).toEqual([unblocked]);
});
