import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { type ApiWorld, apiWorld, expectProblem, type Role } from '../support/api';
import { until } from '../support/until';

const ROLES: Role[] = ['viewer', 'operator', 'admin'];

describe('who may call which route', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await apiWorld();
  });
  afterAll(() => world.close());

  test('is held by every route, for each role and for none', async () => {
    const { paths } = await world.openApi();
    let checked = 0;
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { 'x-role': least }] of Object.entries(operations)) {
        const call = (as: string | null) =>
          world.call({
            method: method.toUpperCase() as 'GET',
            path: path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, 'x'),
            as,
            ...(method === 'post' ? { body: {} } : {}),
          });
        expectProblem(await call(null), 401, { code: 'token_missing_or_wrong' });
        for (const role of ROLES) {
          const isEvents = path.endsWith('/events');
          const may = ROLES.indexOf(role) >= ROLES.indexOf(least as Role);
          if (may && isEvents) continue;
          const answer = await call(world.keys[role]);
          expect([method, path, role, answer.statusCode === 403]).toEqual([method, path, role, !may]);
          if (!may) expectProblem(answer, 403, { code: 'role_insufficient', needs: least });
          expect([method, path, answer.statusCode === 401]).toEqual([method, path, false]);
          checked += 1;
        }
      }
    }
    expect(checked).toBeGreaterThan(90);
  });

  test('is nobody for credentials that are not right', async () => {
    const { viewer } = world.keys;
    const other = viewer.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const wrong = [
      'hunter2',
      'a.b.c',
      'hunter2-hunter2',
      `${world.token}x`,
      other,
      viewer.slice(0, -1),
      'sck__',
      'x'.repeat(5_000),
    ];
    for (const as of wrong) {
      const answer = await world.call({ path: '/queues', as });
      expectProblem(answer, 401);
      expect(answer.body).not.toContain(as);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="scutwork"');
    }
    for (const authorization of ['', 'Bearer ', 'Basic YWRtaW46YWRtaW4=', `Bearer ${world.token} x`]) {
      expectProblem(await world.call({ path: '/queues', as: null, headers: { authorization } }), 401);
    }
  });

  test('an API key may also come in the header x-api-key', async () => {
    const answer = await world.call({ path: '/me', as: null, headers: { 'x-api-key': world.keys.operator } });
    expect(answer.json()).toEqual({ name: expect.stringMatching(/^key:/), role: 'operator' });
  });
});

describe('an API key', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await apiWorld();
  });
  afterAll(() => world.close());

  const create = async (body: object) =>
    (await world.call({ method: 'POST', path: '/api-keys', body })).json<{ id: string; key: string }>();

  test('is shown once, and of its secret only a hash is kept', async () => {
    const { id, key } = await create({ name: 'deploy', role: 'operator' });
    const [, , secret = ''] = /^sck_([0-9a-f]{16})_([\w-]{43})$/.exec(key) ?? [];
    expect(secret).not.toBe('');
    const listed = await world.call({ path: '/api-keys' });
    expect(listed.json()).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ id, name: 'deploy' })]),
    });
    expect(listed.body).not.toContain(secret);
    const rows = await world.db.database.query('select * from api_keys, audit');
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(world.lines)).not.toContain(secret);
  });

  test('lets nobody in once it is revoked', async () => {
    const { id, key } = await create({ name: 'short', role: 'viewer' });
    expect((await world.call({ path: '/me', as: key })).statusCode).toBe(200);
    expect((await world.call({ method: 'DELETE', path: `/api-keys/${id}` })).statusCode).toBe(204);
    expectProblem(await world.call({ path: '/me', as: key }), 401, { code: 'token_revoked' });
    expectProblem(await world.call({ method: 'DELETE', path: `/api-keys/${id}` }), 404, { code: 'api_key_not_found' });
  });

  test('lets nobody in once it has expired', async () => {
    const { id, key } = await create({ name: 'short', role: 'viewer', expiresIn: '1h' });
    expect((await world.call({ path: '/me', as: key })).statusCode).toBe(200);
    await world.db.database.query(`update api_keys set expires_at = now() - interval '1 ms' where id = $1`, [id]);
    await until('the key to be expired', async () => (await world.call({ path: '/me', as: key })).statusCode === 401);
    expectProblem(await world.call({ path: '/me', as: key }), 401, { code: 'token_expired' });
  });

  test.each([
    ['expiresIn', { name: 'a', role: 'viewer', expiresIn: 'soon' }],
    ['expiresIn', { name: 'a', role: 'viewer', expiresIn: -1 }],
    ['role', { name: 'a', role: 'root' }],
    ['name', { role: 'viewer', name: '' }],
  ])('is refused naming %s', async (field, body) => {
    expectProblem(await world.call({ method: 'POST', path: '/api-keys', body }), 422, { field });
  });

  test('is made by admins alone, and the audit log says by whom', async () => {
    expectProblem(await world.call({ path: '/audit', as: world.keys.operator }), 403);
    const { id } = await create({ name: 'noted', role: 'viewer' });
    await world.call({ method: 'DELETE', path: `/api-keys/${id}`, as: world.keys.admin });
    const audit = await world.call({ path: '/audit?limit=2' });
    const { items, cursor } = audit.json<{ items: object[]; cursor: string }>();
    expect(items).toEqual([
      expect.objectContaining({
        action: 'api-keys.revoke',
        target: id,
        actor: expect.stringMatching(/^key:/),
        role: 'admin',
      }),
      expect.objectContaining({
        action: 'api-keys.create',
        target: id,
        actor: 'admin',
        ip: '127.0.0.1',
        detail: { role: 'viewer' },
      }),
    ]);
    const next = await world.call({ path: `/audit?limit=2&cursor=${cursor}` });
    expect(next.json<{ items: { seq: number }[] }>().items[0]?.seq).toBeLessThan(Number(cursor));
    expectProblem(await world.call({ path: '/audit?cursor=nonsense' }), 400, {
      code: 'cursor_invalid',
      field: 'cursor',
    });
  });
});

describe('a JSON Web Token of HS256', () => {
  const secret = 'a secret of the spec that is long enough';
  let world: ApiWorld;
  beforeAll(async () => {
    const env = {
      JWT_SECRET: secret,
      JWT_ISSUER: 'https://login.example',
      JWT_AUDIENCE: 'jobs',
      JWT_ROLE_CLAIM: 'app.roles',
    };
    world = await apiWorld({ env });
  });
  afterAll(() => world.close());

  const right = { sub: 'ada', iss: 'https://login.example', aud: 'jobs', app: { roles: ['viewer', 'operator'] } };
  const sign = (claims: JWTPayload, key = secret, alg = 'HS256') =>
    new SignJWT({ exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(key));
  const me = async (token: string | Promise<string>) => world.call({ path: '/me', as: await token });

  test('has the highest role of its claim', async () => {
    expect((await me(sign(right))).json()).toEqual({ name: 'jwt:ada', role: 'operator' });
  });

  test.each([
    ['of another secret', right, { key: `${secret}!` }],
    ['of another issuer', { ...right, iss: 'https://evil.example' }, {}],
    ['for another audience', { ...right, aud: 'mail' }, {}],
    ['not valid yet', { ...right, nbf: Math.floor(Date.now() / 1_000) + 600 }, {}],
    ['of another algorithm', right, { key: secret.repeat(2), alg: 'HS512' }],
  ])('%s lets nobody in', async (_name, claims, { key, alg }: { key?: string; alg?: string }) => {
    expectProblem(await me(sign(claims, key, alg)), 401, { code: 'token_missing_or_wrong' });
  });

  test('that has expired says so', async () => {
    expectProblem(await me(sign({ ...right, exp: Math.floor(Date.now() / 1_000) - 60 })), 401, {
      code: 'token_expired',
    });
  });

  test('without signature lets nobody in', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    expectProblem(await me(`${part({ alg: 'none' })}.${part(right)}.`), 401);
    const [, payload] = (await sign(right)).split('.');
    expectProblem(await me(`${part({ alg: 'HS256' })}.${payload}.AAAA`), 401);
  });

  test.each([
    [{ ...right, app: { roles: ['janitor'] } }],
    [{ ...right, app: undefined }],
    [{ ...right, app: { roles: {} } }],
  ])('without a role may do nothing', async (claims) => {
    expectProblem(await me(sign(claims)), 403, { code: 'role_missing' });
  });

  test('names its subject in letters that a log can hold', async () => {
    const { name } = (await me(sign({ ...right, sub: `a\u0000\n${'x'.repeat(500)}` }))).json<{ name: string }>();
    expect(name).toMatch(/^jwt:a\?\?x{117}$/);
  });
});

describe('a JSON Web Token of published keys', () => {
  test('is taken when it is signed by one of them, and by nothing else', async () => {
    const [mine, others] = await Promise.all([
      generateKeyPair('RS256', { extractable: true }),
      generateKeyPair('RS256'),
    ]);
    const jwk = { ...(await exportJWK(mine.publicKey)), kid: 'one', alg: 'RS256' };
    let status = 200;
    const server = createServer((_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] })),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const env = { JWT_JWKS_URL: url, JWT_ISSUER: 'https://login.example', JWT_AUDIENCE: 'jobs' };
    const world = await apiWorld({ env });
    const claims = { sub: 'ada', role: 'viewer', iss: env.JWT_ISSUER, aud: env.JWT_AUDIENCE };
    const sign = (key: Parameters<SignJWT['sign']>[0], more = {}, kid = 'one') =>
      new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'RS256', kid }).setExpirationTime('1m').sign(key);
    const me = async (token: string) => world.call({ path: '/me', as: token });

    status = 500;
    expectProblem(await me(await sign(mine.privateKey)), 503, { code: 'jwks_unreachable' });
    status = 200;
    expect((await me(await sign(mine.privateKey))).json()).toEqual({ name: 'jwt:ada', role: 'viewer' });
    expectProblem(await me(await sign(others.privateKey)), 401);
    expectProblem(await me(await sign(mine.privateKey, {}, 'two')), 401);
    expectProblem(await me(await sign(mine.privateKey, { aud: 'mail' })), 401);
    // The public key as if it were a secret that both know.
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(JSON.stringify(jwk)));
    expectProblem(await me(confused), 401);
    await world.close();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a client that asks too often', () => {
  test('is told when to come back, and no other client is', async () => {
    const world = await apiWorld({ env: { API_RATE_LIMIT: '20' } });
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => world.call({ path: '/me', as: world.keys.viewer })),
    );
    expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(20);
    const late = answers.find(({ statusCode }) => statusCode !== 200);
    if (late === undefined) throw new Error('nobody was refused');
    expectProblem(late, 429, { code: 'too_many_requests', retryAfter: 3 });
    expect(late.headers['retry-after']).toBe('3');
    expect((await world.call({ path: '/me', as: world.keys.operator })).statusCode).toBe(200);
    const guesses = await Promise.all(
      Array.from({ length: 25 }, (_, i) => world.call({ path: '/me', as: `guess-${i}` })),
    );
    expect(guesses.map(({ statusCode }) => statusCode).sort()).toEqual([...Array(20).fill(401), ...Array(5).fill(429)]);
    const health = await Promise.all(Array.from({ length: 30 }, () => world.app.inject({ url: '/health/live' })));
    expect(new Set(health.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    await world.close();
  });
});
