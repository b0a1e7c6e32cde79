import { text } from 'node:stream/consumers';
import { type ApiWorld, apiWorld } from '../support/api';
import { hostileRequests } from '../support/hostile';

const SEED = 20_260_101;
const INPUTS = 200;

describe('whatever is sent to the API', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await apiWorld({ env: { API_RATE_LIMIT: '100000000' } });
  });
  afterAll(() => world.close());

  test('is done, or refused with a problem document: never an error of ours, and nothing is stored half', async () => {
    const { paths, components } = await world.openApi();
    const accepted = new Set<string>();
    const statuses = new Map<string, Map<number, number>>();
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const seen = new Map<number, number>();
        for (const request of hostileRequests(path, operation, components.schemas, { count: INPUTS, seed: SEED })) {
          const { status, body } = await send(method, request.path, request.body);
          seen.set(status, (seen.get(status) ?? 0) + 1);
          if (path === '/api/v1/jobs' && status === 202) accepted.add((JSON.parse(body) as { id: string }).id);
          if (path === '/api/v1/jobs/batch' && status === 202)
            for (const id of (JSON.parse(body) as { ids: string[] }).ids) accepted.add(id);
        }
        statuses.set(`${method} ${path}`, seen);
      }
    }
    expect(statuses.size).toBeGreaterThan(30);
    for (const [operation, seen] of statuses)
      expect([operation, [...seen.values()].reduce((sum, n) => sum + n)]).toEqual([operation, INPUTS]);

    const stored = await world.db.database.query<{ id: string }>('select id from jobs union select id from history');
    expect(stored.filter(({ id }) => !accepted.has(id))).toEqual([]);
    expect(accepted.size).toBeGreaterThan(20);
    expect(JSON.stringify(world.lines)).not.toContain(world.token);
  }, 400_000);

  async function send(
    method: string,
    url: string,
    payload: string | undefined,
  ): Promise<{ status: number; body: string }> {
    const answer = await world.app.inject({
      method: method.toUpperCase() as 'GET',
      url,
      headers: {
        authorization: `Bearer ${world.token}`,
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      },
      payload,
      payloadAsStream: true,
    });
    const status = answer.statusCode;
    const stream = answer.stream();
    const isEndless = String(answer.headers['content-type']).startsWith('text/event-stream');
    if (isEndless) stream.destroy();
    const body = isEndless ? '' : await text(stream);
    const said = {
      method,
      url: url.slice(0, 500),
      payload: payload?.slice(0, 500),
      status,
      body: body.slice(0, 2_000),
    };
    const isProblem = answer.headers['content-type'] === 'application/problem+json';
    expect({ ...said, fine: status < 500 && (status < 300 ? !isProblem : isProblem && isWhole(body, status)) }).toEqual(
      {
        ...said,
        fine: true,
      },
    );
    expect(body).not.toContain(world.token);
    return { status, body };
  }

  function isWhole(body: string, status: number): boolean {
    const problem = JSON.parse(body) as Record<string, unknown>;
    const texts = ['type', 'title', 'detail', 'code'].map((name) => problem[name]);
    return (
      problem.status === status &&
      texts.every((member) => typeof member === 'string' && member !== '') &&
      body.length < 20_000
    );
  }
});
