import { type ApiWorld, apiWorld, expectProblem } from '../support/api';
import { tableUnder } from '../support/docs';

describe('the description of the API', () => {
  let world: ApiWorld;
  beforeAll(async () => {
    world = await apiWorld();
  });
  afterAll(() => world.close());

  test('is OpenAPI 3.1, and whole: every reference leads somewhere, every part of a path is described', async () => {
    const api = await world.openApi();
    expect(api.openapi).toBe('3.1.0');
    const references = [...JSON.stringify(api).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name = '']) => name,
    );
    expect(references.filter((name) => !(name in api.components.schemas))).toEqual([]);
    expect(Object.keys(api.components.schemas).filter((name) => !references.includes(name))).toEqual([]);
    const operations = Object.entries(api.paths).flatMap(([path, byMethod]) =>
      Object.values(byMethod).map((operation) => ({ path, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => `{${name}}`);
      expect([path, inPath]).toEqual([path, path.match(/\{\w+\}/g) ?? []]);
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '429', '503']));
    }
  });

  test('describes the job that is added, and the filters of lists, one parameter each', async () => {
    const { paths, components } = await world.openApi();
    expect(components.schemas.JobRequest).toMatchObject({
      type: 'object',
      required: ['type', 'payload'],
      additionalProperties: false,
      properties: { options: { $ref: '#/components/schemas/JobOptions' } },
    });
    const parameters = paths['/api/v1/jobs']?.get?.parameters ?? [];
    expect(parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['queue', 'type', 'state', 'tag', 'from', 'to', 'error', 'limit', 'cursor', 'sort']),
    );
    expect(parameters.find(({ name }) => name === 'payload')).toMatchObject({
      style: 'form',
      explode: true,
      schema: { type: 'object', propertyNames: { pattern: '^payload\\.' } },
    });
    expect(parameters.find(({ name }) => name === 'limit')?.schema).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 200,
    });
  });

  test('is the table of routes in the documentation, with their roles', async () => {
    const { paths } = await world.openApi();
    const routes = Object.entries(paths).flatMap(([path, byMethod]) =>
      Object.entries(byMethod).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation['x-role'],
        operation.summary.replaceAll('`', ''),
      ]),
    );
    expect(tableUnder('docs/reference/rest-api.md', '## Routes')).toEqual(routes);
  });

  test('a route that there is not is 404, and one that is called otherwise 405', async () => {
    expectProblem(await world.call({ path: '/nothing?token=secret' }), 404, {
      code: 'route_unknown',
      detail: 'There is no GET /api/v1/nothing',
    });
    const answer = await world.call({ method: 'DELETE', path: '/queues' });
    expectProblem(answer, 405, { code: 'method_not_allowed', hint: 'It takes GET.' });
    expect(answer.headers.allow).toBe('GET');
    expect((await world.call({ method: 'PUT', path: '/jobs/some-id' })).headers.allow).toBe('DELETE, GET');
  });

  test('no other site may call the API, unless it is told so', async () => {
    const headers = { origin: 'https://evil.example' };
    const answer = await world.call({ path: '/me', headers });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    const open = await apiWorld({ env: { API_CORS_ORIGINS: 'https://app.example' } });
    const ours = await open.call({ path: '/me', headers: { origin: 'https://app.example' } });
    expect(ours.headers['access-control-allow-origin']).toBe('https://app.example');
    const theirs = await open.call({ path: '/me', headers });
    expect(theirs.headers['access-control-allow-origin']).not.toBe('https://evil.example');
    await open.close();
  });
});
