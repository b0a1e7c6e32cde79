import { ForbiddenException } from '@nestjs/common';
import { BrokerError, ConfigurationError, JobError, JobNotAccepted } from '@scutwork/jobs';
import { LedgerError } from '@scutwork/ledger';
import { problemOf } from './problem';

const of = problemOf;
const notAccepted = (code: ConstructorParameters<typeof JobNotAccepted>[0], outcome: 'refused' | 'unknown') =>
  new JobNotAccepted(code, outcome, 'the-id', 'it was not accepted', { hint: 'the next step' });

describe('a problem document', () => {
  it('of an unknown outcome is 504, with the id to repeat with', () => {
    expect(of(notAccepted('publish_unknown', 'unknown'))).toEqual({
      type: 'urn:scutwork:problem:publish_unknown',
      title: 'Gateway Timeout',
      status: 504,
      detail: 'it was not accepted',
      code: 'publish_unknown',
      hint: 'the next step',
      id: 'the-id',
      outcome: 'unknown',
    });
  });

  it.each(['broker_unreachable', 'publish_nacked', 'no_queue', 'buffer_full', 'client_stopped'] as const)(
    'of a refused job (%s) is 503: it may be sent again',
    (code) => {
      expect(of(notAccepted(code, 'refused'))).toMatchObject({ status: 503, code, id: 'the-id', outcome: 'refused' });
    },
  );

  it('of a job that can never be sent is 422', () => {
    expect(of(notAccepted('header_too_large', 'refused'))).toMatchObject({ status: 422 });
  });

  it('of the broker is 503, of our own set-up 500', () => {
    expect(of(new BrokerError('topology_mismatch', 'the queue differs'))).toMatchObject({ status: 503 });
    expect(of(new ConfigurationError('configuration_invalid', 'wrong'))).toMatchObject({ status: 500 });
  });

  it.each([
    ['job_not_found', 404],
    ['job_finished', 409],
    ['filter_invalid', 400],
    ['query_too_broad', 422],
    ['database_unreachable', 503],
  ] as const)('of the ledger (%s) is %i', (code, status) => {
    expect(of(new LedgerError(code, 'x'))).toMatchObject({ status, code });
  });

  it.each(['ECONNREFUSED', '57P01', '08006', '53300', '42P01'])('of a database that is away (%s) is 503', (code) => {
    const error = Object.assign(new Error('connect ECONNREFUSED db.internal:5432'), { code });
    expect(of(error)).toMatchObject({ status: 503, code: 'database_unreachable' });
    expect(JSON.stringify(of(error))).not.toContain('db.internal');
  });

  it.each(['22021', '22P02', '22P05'])('of a text that PostgreSQL cannot keep (%s) is 422', (code) => {
    expect(of(Object.assign(new Error('x'), { code }))).toMatchObject({ status: 422, code: 'text_not_storable' });
  });

  it('of a payload that is too large says what the limit is', () => {
    expect(of(new JobError('payload_too_large', 'x'))).toMatchObject({ status: 413, limitBytes: 1_048_576 });
  });

  it('of any other error tells nothing of it', () => {
    const problem = of(new Error('connect amqp://user:hunter2@host failed'));
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('keeps the status of what Nest throws otherwise', () => {
    expect(of(new ForbiddenException('not you'))).toMatchObject({ status: 403, code: 'http_error', detail: 'not you' });
  });
});
