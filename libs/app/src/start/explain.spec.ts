import { BrokerError, ConfigurationError } from '@scutwork/jobs';
import { refusalOfNode } from '../node-version';
import { explainStart } from './explain';

const config = { host: '127.0.0.1', port: 3000, logLevel: 'info' as const };
const system = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: low-level words`), { code, ...more });

describe('an app that cannot start', () => {
  it('says what is at fault and what to do, without a stack', () => {
    const error = new ConfigurationError('handler_missing', 'no handler for x', {
      field: 'queues.x',
      hint: 'Remove it.',
    });
    expect(explainStart('workers', error, config)).toEqual({
      text: 'workers cannot start: no handler for x\n  at fault: queues.x\n  next step: Remove it.',
      exitCode: 78,
    });
  });

  it('may be tried again when the configuration is not at fault', () => {
    const error = new BrokerError('topology_mismatch', 'the queue differs', {
      field: 'jobs.email.low',
      hint: 'Migrate.',
    });
    expect(explainStart('workers', error, config).exitCode).toBe(1);
  });

  it.each([
    [system('EADDRINUSE'), 'the port 3000 of 127.0.0.1 is taken', 'PORT'],
    [system('EADDRNOTAVAIL'), '127.0.0.1 is no address of this machine', 'HOST'],
    [system('EACCES', { path: '/root/x' }), '/root/x cannot be written', 'SCUTWORK_DATA_DIR'],
    [system('EACCES'), 'may not listen on port 3000', 'PORT'],
  ])('names the variable to set (%#)', (error, message, field) => {
    const { text, exitCode } = explainStart('producer', error, config);
    expect(text).toContain(message);
    expect(text).toContain(`at fault: ${field}`);
    expect(text).toContain('next step: ');
    expect(text).not.toContain('    at ');
    expect(exitCode).toBe(1);
  });

  it('shows the stack to those who ask for it', () => {
    const error = new Error('odd');
    expect(explainStart('producer', error, config).text).not.toContain('    at ');
    expect(explainStart('producer', error, { ...config, logLevel: 'debug' }).text).toContain('    at ');
  });
});

describe('Node', () => {
  it.each(['18.20.4', '20.18.3', '16.0.0'])('%s is refused, with the version that works', (version) => {
    expect(refusalOfNode(version)).toContain('install Node 20.19 or newer');
  });

  it.each(['20.19.0', '20.20.2', '22.0.0', '24.21.0'])('%s will do', (version) => {
    expect(refusalOfNode(version)).toBeUndefined();
  });
});
