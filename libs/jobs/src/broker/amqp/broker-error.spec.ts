import { brokerErrorOf, isLoss, isPassing, mismatchOf, missingOf } from './broker-error';

/** An error as amqplib makes it of the broker's words. */
function closed(code: number, text: string): Error {
  return Object.assign(new Error(`Operation failed: QueueDeclare; ${code} (SOME-NAME) with message "${text}"`), {
    code,
  });
}

describe('what the broker refuses', () => {
  const mismatches: [string, string | undefined, string | undefined][] = [
    ["received '7' but current is '5'", '7', '5'],
    ["received none but current is the value 'a' of type 'longstr'", undefined, 'a'],
    ["received the value 'at-least-once' of type 'longstr' but current is none", 'at-least-once', undefined],
  ];

  test.each(mismatches)(
    'an argument that differs is told with what is wanted and found: %s',
    (words, wanted, found) => {
      const error = closed(
        406,
        `PRECONDITION_FAILED - inequivalent arg 'x-overflow' for queue 'q' in vhost '/': ${words}`,
      );
      expect(mismatchOf(error)).toEqual({ kind: 'queue', name: 'q', argument: 'x-overflow', wanted, found });
      expect(brokerErrorOf(error, { operation: 'declare', name: 'q' })).toMatchObject({
        code: 'topology_mismatch',
        field: 'q',
        message: `The queue "q" has x-overflow = ${found ?? 'none'}, wanted is ${wanted ?? 'none'}. Going on could lose jobs`,
      });
    },
  );

  test.each([
    [{ operation: 'declare', name: 'q' }, "queue 'q'", 'configure'],
    [{ operation: 'declare', name: 'q' }, "exchange 'dead'", 'write'],
    [{ operation: 'consume', name: 'q' }, "queue 'q'", 'read'],
    [{ operation: 'read', name: 'q' }, "queue 'q'", 'read'],
    [{ operation: 'publish', name: 'an exchange' }, "exchange 'e'", 'write'],
    [{ operation: 'bind', from: 'e', to: 'q' }, "exchange 'e'", 'read'],
    [{ operation: 'bind', from: 'e', to: 'q' }, "queue 'q'", 'write'],
  ] as const)('a missing permission is named: %j on %s', (doing, resource, permission) => {
    const error = closed(403, `ACCESS_REFUSED - access to ${resource} in vhost 'v' refused for user 'u'`);
    const name = resource.split("'")[1];
    expect(brokerErrorOf(error, doing)).toMatchObject({
      code: 'permission_missing',
      field: name,
      message: `The user "u" lacks the ${permission} permission on "${name}" in virtual host "v"`,
    });
  });

  test('a broker that names the permission itself is believed', () => {
    const error = closed(403, "ACCESS_REFUSED - read access to queue 'q' in vhost '/' refused for user 'u'");
    expect(brokerErrorOf(error, { operation: 'declare', name: 'q' }).message).toContain('lacks the read permission');
  });

  test('a missing queue and a missing exchange are told apart', () => {
    const doing = { operation: 'consume', name: 'q' } as const;
    expect(brokerErrorOf(closed(404, "NOT_FOUND - no queue 'q' in vhost '/'"), doing)).toMatchObject({
      code: 'no_queue',
      field: 'q',
    });
    expect(brokerErrorOf(closed(404, "NOT_FOUND - no exchange 'e' in vhost '/'"), doing)).toMatchObject({
      code: 'topology_mismatch',
      field: 'e',
    });
  });

  test('a lost connection is no refusal', () => {
    expect(isLoss(new Error('Channel ended, no reply will be forthcoming'))).toBe(true);
    expect(isLoss(closed(320, 'CONNECTION_FORCED - Closed via management plugin'))).toBe(true);
    expect(isLoss(closed(406, 'PRECONDITION_FAILED'))).toBe(false);
    expect(brokerErrorOf(new Error('Channel ended'), { operation: 'declare', name: 'q' }).code).toBe(
      'broker_unreachable',
    );
  });
});

test.each([
  "NOT_FOUND - home node 'rabbit@a' of durable queue 'q' in vhost '/' is down or inaccessible",
  "NOT_FOUND - failed to perform operation on queue 'q' in vhost '/' due to timeout",
])('a queue that is there and cannot be used yet is not missing: %s', (words) => {
  const error = closed(404, words);
  const ours = brokerErrorOf(error, { operation: 'read', name: 'q' });
  expect(missingOf(error)).toBeUndefined();
  expect(ours).toMatchObject({ code: 'broker_unreachable', field: 'q' });
  expect([error, ours].map(isPassing)).toEqual([true, true]);
});

test.each(['queue', 'exchange'])('a missing %s is told as that', (kind) => {
  const error = closed(404, `NOT_FOUND - no ${kind} 'x' in vhost '/'`);
  expect(missingOf(error)).toBe(kind);
  expect([error, brokerErrorOf(error, { operation: 'consume', name: 'x' })].map(isPassing)).toEqual([false, false]);
});
