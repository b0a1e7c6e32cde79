import { z } from 'zod';
import type { Publisher } from '../broker/broker';
import { confirmed } from '../broker/confirmed';
import { type MemoryWorld, memoryWorld } from '../broker/memory/memory-broker';
import { JobsClient } from '../client/jobs-client';
import type { ControlEntries, ControlMessage } from '../contracts/control';
import { defineJob } from '../contracts/define-job';
import { EventBus } from '../events/event-bus';
import { type FakeClock, fakeClock } from '../testing/fake-clock';
import { namesFor } from '../topology/names';
import { planLedger } from '../topology/plan';
import { Handlers } from './handlers';
import { Worker } from './worker';

const Call = defineJob({ type: 'crm.call', payload: z.object({}), timeout: '20m' });
const names = namesFor();
const work = names.work('crm', 'normal');

/** A worker of concurrency 4 and what steers it; its handlers end when they are let. */
class Stage {
  running = 0;
  peak = 0;
  readonly seen: string[] = [];
  private readonly ends: (() => void)[] = [];
  private version = 1;

  private constructor(
    readonly clock: FakeClock,
    private readonly memory: MemoryWorld,
    private readonly client: JobsClient,
    private readonly publisher: Publisher,
    readonly worker: Worker,
  ) {}

  /** @param pulls the timeout is long for the broker's consumer timeout: nothing is fetched ahead */
  static async open(pulls: boolean): Promise<Stage> {
    const clock = fakeClock();
    const memory = memoryWorld({ clock });
    clock.watch(() => memory.activity());
    const [events, handlers, broker] = [new EventBus(), new Handlers(), memory.connect()];
    handlers.register(Call, () => stage.run());
    const client = new JobsClient({ broker: memory.connect(), jobs: [Call], clock });
    const worker = new Worker({
      ...{ broker: memory.connect(), handlers, events, clock, name: 'w1', concurrency: 4 },
      consumerTimeoutMs: pulls ? 30 * 60_000 : 120 * 60_000,
    });
    await Promise.all([broker.start(), client.start(), clock.settle()]);
    const stage: Stage = new Stage(clock, memory, client, broker.publisher(), worker);
    events.onAny(({ event }) => stage.seen.push(event));
    await stage.client.ensureTopology();
    await broker.apply(planLedger({ names }));
    return stage;
  }

  /** With a share of a cap, or undefined for no cap. */
  async start(share: number | undefined): Promise<void> {
    const entries = share === undefined ? {} : this.entries(share);
    const started = this.tell({ ...this.of(), kind: 'snapshot', part: 1, parts: 1, entries }).then(() =>
      this.worker.start(),
    );
    await this.clock.advance(10_000);
    await started;
  }

  async share(share: number): Promise<void> {
    this.version++;
    await this.tell({ ...this.of(), kind: 'delta', set: this.entries(share), lift: [] });
    await this.clock.advance(2_000);
  }

  async lift(): Promise<void> {
    this.version++;
    await this.tell({ ...this.of(), kind: 'delta', set: {}, lift: ['cap:crm'] });
    await this.clock.advance(2_000);
  }

  async add(count: number): Promise<void> {
    const added = this.client.addMany(
      Call,
      Array.from({ length: count }, () => ({ payload: {} })),
    );
    await this.clock.advance(2_000);
    await added;
  }

  /** Lets the handlers that run end. */
  async end(count: number): Promise<void> {
    for (const end of this.ends.splice(0, count)) end();
    await this.clock.advance(2_000);
  }

  /** In the queue for whoever takes it. */
  get waiting(): number {
    return this.memory.ready(work);
  }

  async stop(): Promise<void> {
    const stopped = Promise.all([this.worker.stop({ deadlineMs: 0 }), this.client.stop({ deadlineMs: 0 })]);
    await this.clock.advance(10_000);
    await stopped;
  }

  private async run(): Promise<void> {
    this.running++;
    this.peak = Math.max(this.peak, this.running);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    this.running--;
  }

  private of() {
    return { version: this.version, snapshotAt: Date.UTC(2030, 0, 1) };
  }

  private entries(share: number): ControlEntries {
    return { 'cap:crm': { kind: 'cap', queue: 'crm', most: 9, shares: share === 0 ? {} : { w1: share } } };
  }

  private tell(message: ControlMessage): Promise<void> {
    const outgoing = {
      exchange: '',
      routingKey: names.control,
      mandatory: true,
      body: Buffer.from(JSON.stringify(message)),
    };
    return confirmed(this.publisher, outgoing, 'the control message');
  }
}

describe.each([
  ['that consumes', false],
  ['that pulls', true],
])('a worker %s, of a queue with a cap across all workers', (_, pulls) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open(pulls);
  });
  afterEach(() => stage.stop());

  it('takes nothing before it has a share, and then as many as that', async () => {
    await stage.start(0);
    await stage.add(6);
    expect([stage.running, stage.waiting]).toEqual([0, 6]);
    await stage.share(2);
    expect(stage.running).toBe(2);
    await stage.end(2);
    expect([stage.running, stage.peak]).toEqual([2, 2]);
  });

  it('starts nothing new while it runs more than a smaller share; what runs goes on', async () => {
    await stage.start(undefined);
    await stage.add(8);
    expect(stage.running).toBe(4);
    await stage.share(1);
    await stage.end(2);
    expect(stage.running).toBe(2);
    await stage.end(2);
    expect(stage.running).toBe(1);
  });

  it('leaves to others what it cannot start, and says nothing of a pause', async () => {
    await stage.start(undefined);
    await stage.add(8);
    await stage.share(0);
    expect([stage.running, stage.waiting, stage.worker.held]).toEqual([4, 4, 0]);
    await stage.end(4);
    expect([stage.running, stage.waiting]).toEqual([0, 4]);
    await stage.lift();
    expect([stage.running, stage.waiting]).toEqual([4, 0]);
    expect(stage.seen.filter((event) => event.startsWith('queue.'))).toEqual([]);
    expect(stage.worker.consuming()).toBe(true);
  });

  it('holds no more ahead than its share can use', async () => {
    await stage.start(1);
    await stage.add(8);
    expect(stage.running).toBe(1);
    expect(stage.waiting).toBeGreaterThanOrEqual(6);
  });
});
