import { Controller, Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { type NestApp, type NestAppOptions, startNestApp } from '../../../../test/support/nest-app';
import { memoryBroker } from '../broker/memory/memory-broker';
import { JobsClient } from '../client/jobs-client';
import { type PayloadOf, defineJob } from '../contracts/define-job';
import { SCHEDULES_MESSAGE_TYPE } from '../contracts/submission';
import { defineSchedule } from '../scheduling/define-schedule';
import { namesFor } from '../topology/names';
import { planLedger } from '../topology/plan';
import { JobHandler, Scheduled } from './index';

const Digest = defineJob({ type: 'mail.digest', payload: z.object({ days: z.number() }), priority: 'low' });
const names = namesFor();

@Controller()
class DigestHandler {
  @Scheduled(Digest, { cron: '0 9 * * MON-FRI', timeZone: 'Europe/Berlin', payload: { days: 1 } })
  @Scheduled(Digest, { name: 'weekly-digest', every: '7d', payload: { days: 7 }, overlap: 'skip' })
  @JobHandler(Digest)
  digest({ days }: PayloadOf<typeof Digest>): string {
    return `of ${days} days`;
  }
}

/** A handler without a schedule. */
@Controller()
class Plain {
  @JobHandler(Digest)
  digest(): void {
    return undefined;
  }
}

describe('@Scheduled()', () => {
  let running: NestApp | undefined;
  afterEach(async () => {
    await running?.app.close();
    running = undefined;
  });

  /** An app, and what it tells the ledger. */
  const start = async (options: NestAppOptions) => {
    const broker = memoryBroker();
    await broker.start();
    // No control stream: nobody writes to it here.
    const queues = planLedger({ names }).queues.filter(({ name }) => name === names.submit);
    await broker.apply({ exchanges: [], queues, bindings: [] });
    running = await startNestApp({ ...options, jobs: { broker, appId: 'shop', ...options.jobs } });
    const declared = async () => {
      const message = (await broker.pull(names.submit))?.message;
      if (message?.type !== SCHEDULES_MESSAGE_TYPE) throw new Error(`told was ${String(message?.type)}`);
      const { by, schedules } = JSON.parse(message.body.toString()) as { by: string; schedules: { name: string }[] };
      return { by, schedules: schedules.sort((a, b) => (a.name < b.name ? -1 : 1)) };
    };
    return { ...running, broker, declared };
  };

  it('at the handler of a class makes its schedules known, and the handler works their jobs', async () => {
    const { app, until, declared } = await start({ controllers: [DigestHandler] });
    expect((await until('schedules.registered')).schedules.toSorted()).toEqual(['mail.digest', 'weekly-digest']);
    const of = { type: 'mail.digest', options: { priority: 'low' } };
    expect(await declared()).toEqual({
      by: 'shop',
      schedules: [
        { ...of, name: 'mail.digest', payload: { days: 1 }, cron: '0 9 * * MON-FRI', timeZone: 'Europe/Berlin' },
        { ...of, name: 'weekly-digest', payload: { days: 7 }, every: '7d', overlap: 'skip' },
      ],
    });
    await app.get(JobsClient).add(Digest, { days: 7 });
    expect((await until('completed')).result).toBe('"of 7 days"');
  });

  it('may stand at any method of a provider, in however many modules, and joins those of the module', async () => {
    @Injectable()
    class Reports {
      @Scheduled(Digest, { name: 'at-provider', every: '1h', payload: { days: 1 } })
      describe(): string {
        return 'the class that knows when';
      }
    }
    @Module({ providers: [Reports] })
    class Again {}
    const listed = defineSchedule({ name: 'listed', job: Digest, every: '1h', payload: { days: 1 } });
    const { until, declared } = await start({
      ...{ controllers: [Plain], imports: [Again], providers: [Reports] },
      jobs: { schedules: [listed] },
    });
    await until('schedules.registered');
    expect((await declared()).schedules).toMatchObject([{ name: 'at-provider' }, { name: 'listed' }]);
  });

  it('at a method that two classes inherit is one schedule', async () => {
    abstract class Base {
      @Scheduled(Digest, { name: 'inherited', every: '1h', payload: { days: 1 } })
      digest(): string {
        return 'of both';
      }
    }
    @Injectable()
    class One extends Base {}
    @Injectable()
    class Other extends Base {}
    const { until } = await start({ controllers: [Plain], providers: [One, Other] });
    expect((await until('schedules.registered')).schedules).toEqual(['inherited']);
  });

  it('keeps an application from starting where two have one name', async () => {
    @Injectable()
    class Other {
      @Scheduled(Digest, { every: '1h', payload: { days: 2 } })
      again(): string {
        return 'of one name';
      }
    }
    await expect(start({ controllers: [DigestHandler], providers: [Other] })).rejects.toMatchObject({
      ...{ code: 'configuration_invalid', field: 'mail.digest' },
    });
  });

  it('makes nothing known where recurring jobs are switched off', async () => {
    const { broker, seen } = await start({ controllers: [DigestHandler], jobs: { recurring: false } });
    expect(await broker.pull(names.submit)).toBeUndefined();
    expect(seen.some(({ event }) => event.startsWith('schedules.'))).toBe(false);
  });

  it('with a mistake fails where the class is loaded, naming the field', () => {
    expect(() => Scheduled(Digest, { cron: '61 9 * * *', payload: { days: 1 } })).toThrow(
      expect.objectContaining({ code: 'cron_invalid', field: 'cron.minute' }),
    );
    const days = 'seven' as unknown as number;
    expect(() => Scheduled(Digest, { every: '1h', payload: { days } })).toThrow(
      expect.objectContaining({ field: 'payload.days' }),
    );
  });
});
