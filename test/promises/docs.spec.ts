import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { environment, knownVariables } from '../../libs/app/src/config/variables';
import { DEFAULT_RUN_POLICY, Handlers, HEADER, PRIORITIES } from '../../libs/jobs/src';
import { resolveClientOptions } from '../../libs/jobs/src/client/client-options';
import { memoryBroker } from '../../libs/jobs/src/testing';
import { resolveWorkerOptions } from '../../libs/jobs/src/worker/worker-options';
import {
  firstCells,
  type Page,
  pages,
  quotations,
  quoted,
  read,
  root,
  tableUnder,
  withoutLayout,
} from '../support/docs';

const all = pages();

describe.each(all.map((page): [string, Page] => [page.path, page]))('%s', (path, page) => {
  test('leads nowhere that is not there', () => {
    const links = [...page.text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(path, link));
    expect(broken).toEqual([]);
  });

  test('quotes code as it stands in its file', () => {
    for (const { from, code } of quotations(page))
      expect([from, withoutLayout(code)]).toEqual([from, withoutLayout(quoted(from))]);
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [target = '', anchor] = link.split('#');
  const file = target === '' ? page : join(dirname(page), target);
  if (!existsSync(join(root, file))) return false;
  if (anchor === undefined) return true;
  const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return headings.some(
    (heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-') === anchor,
  );
}

test('there are quotations, so that the promise above can be broken', () => {
  expect(all.flatMap(quotations).length).toBeGreaterThan(10);
});

test('the wire contract lists every header, and no other', () => {
  const listed = firstCells(tableUnder('docs/reference/wire-contract.md', '## Headers'));
  expect(listed.toSorted()).toEqual(Object.values<string>(HEADER).toSorted());
});

test('every error code that is used is listed, and no other', () => {
  const used = [...read('libs/jobs/src/contracts/errors.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(
    ([, code = '']) => code,
  );
  const planned = ['timeout'];
  const listed = firstCells(tableUnder('docs/reference/errors.md', '## Codes'));
  expect(listed).toEqual(used.filter((code) => !planned.includes(code)));
});

test('every reason of a dead letter is listed', () => {
  const [, union = ''] = read('libs/jobs/src/contracts/outcome.ts').split('export type DeadReason =');
  const reasons = [...(union.split(';')[0] ?? '').matchAll(/'(\w+)'/g)].map(([, reason]) => reason);
  const listed = firstCells(tableUnder('docs/reference/errors.md', '## Reasons of dead letters'));
  expect(listed.toSorted()).toEqual(reasons.filter((reason) => reason !== 'unpublishable').toSorted());
});

test('every event is listed, and no other', () => {
  const source = read('libs/jobs/src/contracts/job-events.ts');
  const stated = new Set([...source.matchAll(/event: '([\w.]+)'/g)].map(([, name]) => name));
  const listed = ['## About jobs', '## About this process'].flatMap((heading) =>
    firstCells(tableUnder('docs/reference/events.md', heading)),
  );
  expect(listed.toSorted()).toEqual([...stated].toSorted());
});

test('every variable of the apps is listed, with its default', () => {
  const rows = ['## All apps', '## Producer', '## Workers', '## Scheduler'].flatMap((heading) =>
    tableUnder('docs/reference/configuration.md', heading),
  );
  const defaults = environment.parse({}) as Record<string, unknown>;
  const later = /^(JOB_DASHBOARD_.*|JOB_ALERT_WEBHOOK)$/;
  expect(firstCells(rows).toSorted()).toEqual(knownVariables.filter((name) => !later.test(name)).toSorted());
  for (const [name = '', listed = ''] of rows.filter(([name]) => name !== 'PORT')) {
    const value = listed === 'none' ? undefined : environment.parse({ [name]: listed })[name as 'HOST'];
    expect([name, value]).toEqual([name, defaults[name]]);
  }
});

test('the defaults of job, client and worker are those of the code', () => {
  const page = 'docs/reference/options.md';
  const byName = (heading: string) =>
    new Map(tableUnder(page, heading).map(([name = '', value = '']) => [name, value]));
  const handlers = new Handlers();
  handlers.register('email.welcome', () => undefined);
  const worker = resolveWorkerOptions({ broker: memoryBroker(), handlers });
  const queue = worker.queues.get('email');
  const { maxPayloadBytes, declare, records } = resolveClientOptions({ broker: memoryBroker() });

  const ofWorker = byName('## Of a worker (`Worker`, `JobsModule.forRoot`)');
  for (const name of [
    'declare',
    'queueType',
    'records',
    'spoolAfterMs',
    'maxResultBytes',
    'consumerTimeoutMs',
    'unknownTypeMs',
    'poisonAfter',
  ] as const)
    expect([name, ofWorker.get(name)]).toEqual([name, String(worker[name])]);
  for (const name of ['concurrency', 'prefetch', 'mode', 'weight'] as const)
    expect([name, ofWorker.get(`queues.*.${name}`)]).toEqual([name, String(queue?.[name])]);

  const ofClient = byName('## Of a client (`JobsClient`)');
  expect([...ofClient]).toEqual(
    expect.arrayContaining([
      ['maxPayloadBytes', String(maxPayloadBytes)],
      ['declare', String(declare)],
      ['records', records],
    ]),
  );

  const ofJob = byName('## Of a job type and of a job');
  const { priority, maxAttempts, timeoutMs, backoff } = DEFAULT_RUN_POLICY;
  expect([ofJob.get('priority'), ofJob.get('attempts')]).toEqual([priority, String(maxAttempts)]);
  expect(ofJob.get('timeout')).toBe(`${timeoutMs} ms`);
  for (const value of Object.values(backoff)) expect(ofJob.get('backoff')).toContain(String(value));
  for (const name of PRIORITIES) expect(read(page)).toContain(`\`${name}\``);
});
