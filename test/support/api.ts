import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { buildProducer } from '../../apps/producer/src/build-producer';
import type { OpenApi } from '../../apps/producer/src/openapi/describe';
import { type AppTestHome, appTestHome, keptLog } from './apps';
import { type TestDatabase, testDatabase } from './database';

export type Answer = Awaited<ReturnType<NestFastifyApplication['inject']>>;
export type Role = 'viewer' | 'operator' | 'admin';

/** A producer of a spec's own, and who may call it. */
export interface ApiWorld {
  app: NestFastifyApplication;
  home: AppTestHome;
  db: TestDatabase;
  /** Everything that it has logged. */
  lines: Record<string, unknown>[];
  token: string;
  /** An API key of that role. */
  keys: Record<Role, string>;
  call(request: ApiCall): Promise<Answer>;
  openApi(): Promise<OpenApi>;
  close(): Promise<void>;
}

interface ApiCall {
  method?: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH';
  /** Below `/api/v1`. */
  path: string;
  body?: unknown;
  /** Whose token or key is sent; null sends none. Default that of the admin. */
  as?: string | null;
  headers?: Record<string, string>;
}

export async function apiWorld({ env = {} }: { env?: NodeJS.ProcessEnv } = {}): Promise<ApiWorld> {
  const [home, db] = [appTestHome(), await testDatabase()];
  const { logger, lines } = keptLog();
  const app = await buildProducer(home.config({ DATABASE_URL: db.url, ...env }), logger);
  await app.init();
  const token = await readFile(join(home.dataDir, 'admin.token'), 'utf8');
  const call = ({ method = 'GET', path, body, as = token, headers = {} }: ApiCall): Promise<Answer> =>
    app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...(as === null ? {} : { authorization: `Bearer ${as}` }), ...headers },
      ...(body === undefined ? {} : { payload: body as object }),
    });
  const keyOf = async (role: Role): Promise<string> => {
    const answer = await call({ method: 'POST', path: '/api-keys', body: { name: role, role } });
    return answer.json<{ key: string }>().key;
  };
  const keys = { viewer: await keyOf('viewer'), operator: await keyOf('operator'), admin: await keyOf('admin') };
  return {
    ...{ app, home, db, lines, token, keys, call },
    openApi: async () => (await call({ path: '/openapi.json' })).json<OpenApi>(),
    close: async () => {
      await app.close();
      await db.drop();
      home.remove();
    },
  };
}

/** What every refusal looks like. */
export function expectProblem(answer: Answer, status: number, members: object = {}): void {
  expect({ status: answer.statusCode, body: answer.json<object>() }).toMatchObject({
    status,
    body: {
      type: expect.stringMatching(/^urn:scutwork:problem:\w+$/),
      ...{ status, title: expect.any(String), detail: expect.any(String), code: expect.any(String) },
      ...members,
    },
  });
  expect(answer.headers['content-type']).toBe('application/problem+json');
}
