import { pino } from 'pino';
import type { ScutworkEvent } from '../contracts/job-events';
import type { JsonText } from '../contracts/json';
import { EventBus } from './event-bus';
import { logEvents } from './log-subscriber';

const json = (value: unknown) => JSON.stringify(value) as JsonText;
const run = { id: 'a-job', type: 'email.welcome', generation: 0, at: 1_500, attempt: 2, delivery: 0, worker: 'w' };
const failure = { name: 'Error', message: 'no', stack: 'Error: no\n  at somewhere' };

function written(level: string, ...events: ScutworkEvent[]): { raw: string[]; lines: Record<string, unknown>[] } {
  const raw: string[] = [];
  const bus = new EventBus();
  logEvents(bus, pino({ level }, { write: (line: string) => void raw.push(line) }));
  for (const event of events) bus.emit(event);
  return { raw, lines: raw.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  it('has one line per fact, with the job, its type and its attempt', () => {
    const { lines } = written('info', { event: 'completed', ...run, startedAt: 1_000, result: json('secret result') });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        event: 'completed',
        jobId: 'a-job',
        type: 'email.welcome',
        attempt: 2,
        ranMs: 500,
      }),
    ]);
  });

  it('names the class of what was thrown', () => {
    const thrown = { ...failure, name: 'RangeError' };
    const { lines } = written('info', { event: 'retrying', ...run, delayMs: 1, failure: thrown });
    expect(lines[0]).toMatchObject({ err: { type: 'RangeError', message: 'no' } });
  });

  it('has the trace of a job that has one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { lines } = written('info', { event: 'completed', ...run, ...{ traceparent } });
    expect(lines[0]).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c' });
  });

  it.each([
    ['info', { event: 'completed', ...run }],
    ['warn', { event: 'retrying', ...run, delayMs: 1, failure }],
    ['error', { event: 'dead', ...run, reason: 'attempts_exhausted', failure }],
    ['debug', { event: 'started', ...run }],
    ['warn', { event: 'logged', ...run, level: 'warn', message: 'careful' }],
    ['error', { event: 'settle.failed', id: 'a-job', reason: 'gone' }],
  ] as [string, ScutworkEvent][])('says %s for such a fact', (level, event) => {
    const { lines } = written('trace', event);
    expect(lines[0]?.level).toBe(pino.levels.values[level]);
  });

  it('holds no payload, result, progress or log field', () => {
    const secret = json({ password: 'hunter2' });
    const { raw } = written(
      'trace',
      { event: 'submitted', ...run, priority: 'normal', delayMs: 0, payload: secret },
      { event: 'completed', ...run, result: secret },
      { event: 'progressed', ...run, seq: 1, progress: secret },
      { event: 'logged', ...run, seq: 2, level: 'info', message: 'said', fields: secret },
      { event: 'dead', ...run, reason: 'payload_invalid', failure, payload: secret },
      { event: 'adopted', ...run, priority: 'normal', payload: secret },
    );
    expect(raw).toHaveLength(6);
    expect(raw.join('')).not.toContain('hunter2');
  });

  it('masks passwords in addresses', () => {
    const url = 'amqp://user:pa@ss:word@broker:5672/vhost';
    const quoting = { name: 'Error', message: `connect ${url} failed`, stack: `Error: ${url}` };
    const { raw } = written(
      'info',
      { event: 'broker.connected', url, version: '3.10.8' },
      { event: 'broker.disconnected', reason: `cannot reach ${url}` },
      { event: 'retrying', ...run, delayMs: 1, failure: quoting },
    );
    expect(raw.join('')).not.toMatch(/pa@|ss:|word/);
    expect(raw[0]).toContain('amqp://user:***@broker:5672/vhost');
  });

  it('cannot be given lines by what a job says', () => {
    const message = 'ok\n{"level":50,"event":"forged"}\u2028\r\n';
    const { raw, lines } = written('info', { event: 'logged', ...run, seq: 1, level: 'info', message });
    expect(raw).toHaveLength(1);
    expect(raw[0]?.trimEnd()).not.toContain('\n');
    expect(lines[0]).toMatchObject({ event: 'logged', msg: message });
  });

  it('asks for no fact that it would not write', () => {
    const bus = new EventBus();
    const stop = logEvents(bus, pino({ level: 'warn' }, { write: () => undefined }));
    expect(bus.wants('started')).toBe(false);
    expect(bus.wants('completed')).toBe(false);
    expect(bus.wants('retrying')).toBe(true);
    stop();
    expect(bus.wants('retrying')).toBe(false);
  });
});
