import type { AddressInfo } from 'node:net';
import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { until } from '../support/until';

interface LiveEvent {
  id: string;
  job: { id: string; state: string; type: string };
}

describe('GET /api/v1/events', () => {
  let world: ApiWorld;
  let origin: string;
  beforeAll(async () => {
    world = await apiWorld();
    await world.app.listen(0, '127.0.0.1');
    origin = `http://127.0.0.1:${(world.app.getHttpServer().address() as AddressInfo).port}`;
  });

  const add = async (n = 1): Promise<string[]> => {
    const jobs = Array.from({ length: n }, (_, i) => ({
      type: 'email.welcome',
      payload: { to: `ada+${i}@example.org`, name: 'Ada' },
      options: { delay: '1h' },
    }));
    return (await world.call({ method: 'POST', path: '/jobs/batch', body: { jobs } })).json<{ ids: string[] }>().ids;
  };

  /** Reads until told to end. */
  async function listen(query = '', headers: Record<string, string> = {}) {
    const ending = new AbortController();
    const answer = await fetch(`${origin}/api/v1/events${query}`, {
      headers: { authorization: `Bearer ${world.keys.viewer}`, ...headers },
      signal: ending.signal,
    });
    const events: LiveEvent[] = [];
    let ended = false;
    const reading = (async () => {
      let rest = '';
      const decoder = new TextDecoder();
      for await (const chunk of answer.body ?? []) {
        const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const [, id, data] = /^id: (.+)\nevent: job\ndata: (.+)$/.exec(block) ?? [];
          if (id !== undefined && data !== undefined) events.push({ id, job: JSON.parse(data) as LiveEvent['job'] });
        }
      }
    })()
      .catch(() => undefined)
      .finally(() => (ended = true));
    const end = async (): Promise<void> => {
      ending.abort();
      await reading;
    };
    return { answer, events, end, ended: () => ended };
  }

  test('tells what happens as it happens, and goes on where a reader was cut off: nothing lost, nothing twice', async () => {
    const whole = await listen();
    expect(whole.answer.headers.get('content-type')).toBe('text/event-stream');
    const cut = await listen();
    const ids = await add(30);
    await until('the first events', () => cut.events.length >= 10);
    await cut.end();
    const seen = cut.events.slice(0, 10);
    ids.push(...(await add(40)));
    const again = await listen('', { 'last-event-id': seen.at(-1)?.id ?? '' });
    ids.push(...(await add(5)));
    await until('all events', () => again.events.length >= 65 && whole.events.length >= 75);
    expect([...seen, ...again.events]).toEqual(whole.events);
    expect(whole.events.map(({ job }) => job.id).sort()).toEqual([...ids].sort());
    await Promise.all([whole.end(), again.end()]);
  });

  test('tells a reader only what it asks for', async () => {
    const [id = ''] = await add();
    const one = await listen(`?id=${id}&state=cancelled`);
    const none = await listen('?queue=another');
    await add(3);
    await world.call({ method: 'POST', path: `/jobs/${id}/cancel` });
    await until('the one event', () => one.events.length > 0);
    expect(one.events).toEqual([expect.objectContaining({ job: expect.objectContaining({ id, state: 'cancelled' }) })]);
    expect(none.events).toEqual([]);
    await Promise.all([one.end(), none.end()]);
  });

  test.each(['x', '-1', '1.2.3', "1' or 1=1"])('takes %j for no id', async (id) => {
    expectProblem(await world.call({ path: '/events', headers: { 'last-event-id': id } }), 400, {
      field: 'Last-Event-ID',
    });
    expectProblem(await world.call({ path: `/events?after=${encodeURIComponent(id)}` }), 400);
  });

  test('ends when the producer does, and does not keep it', async () => {
    const reader = await listen();
    const begunAt = Date.now();
    await world.close();
    expect(Date.now() - begunAt).toBeLessThan(10_000);
    await until('the end of the stream', () => reader.ended());
  });
});
