import { ForbiddenException } from '@nestjs/common';
import { BrokerError, ConfigurationError, JobNotAccepted } from '@scutwork/jobs';
import { problemOf } from './problem';

const of = (error: unknown) => problemOf(error, 'POST', '/api/v1/jobs');
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

  it('of any other error tells nothing of it', () => {
    const problem = of(new Error('connect amqp://user:hunter2@host failed'));
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('keeps the status of what Nest throws otherwise', () => {
    expect(of(new ForbiddenException('not you'))).toMatchObject({ status: 403, code: 'http_error', detail: 'not you' });
  });
});
