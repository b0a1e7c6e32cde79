import { checkPublisherKeys, disclaimed, signatureFault, signatureOf } from './signature';

const key = 'k'.repeat(32);
const keys = { shop: ['o'.repeat(32), key] };
const message = (more: object = {}, headers: Record<string, unknown> = {}) => ({
  ...{
    exchange: 'jobs.in.high',
    routingKey: 'email.welcome',
    messageId: 'order-7',
    type: undefined,
    body: Buffer.from('{}'),
  },
  headers: { 'x-job-publisher': 'shop', 'x-job-delay': 500, 'x-other': 'unsigned', ...headers },
  ...more,
});
const signed = (more: object = {}) => {
  const plain = message();
  const headers = { ...plain.headers, 'x-job-signature': signatureOf(plain, key) };
  return { ...plain, headers, ...more };
};

test('it is the same in every language', () => {
  // Python: hmac.new(key, b"jobs.in.high\nemail.welcome\norder-7\n\nx-job-delay:500\nx-job-publisher:shop\n{}", "sha256").hexdigest()
  expect(signatureOf(message(), key)).toBe('v1=d5374f6f8c1e2502b38e98c7b6a8771092fe2ae4f8783876a2ad23d6f59ce37b');
});

test('signed by any key of its publisher it is believed', () => {
  expect(signatureFault(signed(), keys)).toBeUndefined();
});

test.each([
  ['another priority', { exchange: 'jobs.in.critical' }],
  ['another type', { routingKey: 'email.other' }],
  ['another type property', { type: 'email.other' }],
  ['another id', { messageId: 'order-8' }],
  ['another body', { body: Buffer.from('[]') }],
  ['another header', { headers: { ...signed().headers, 'x-job-delay': 0 } }],
  ['one header more', { headers: { ...signed().headers, 'x-job-tenant': 'a' } }],
])('with %s it is refused', (_, changed) => {
  expect(signatureFault(signed(changed), keys)).toContain('is none of the publisher "shop"');
});

test.each([
  ['nothing', message(), 'not signed'],
  ['an unknown publisher', message({}, { 'x-job-publisher': 'crm', 'x-job-signature': 'v1=' }), 'no key'],
  ['a name of every object', message({}, { 'x-job-publisher': 'constructor', 'x-job-signature': 'v1=' }), 'no key'],
  ['no id', message({ messageId: undefined }, { 'x-job-signature': 'v1=' }), 'no message id'],
  ['something else', message({}, { 'x-job-signature': 'v1=00' }), 'none of the publisher'],
])('signed by %s it is refused', (_, unsigned, said) => {
  expect(signatureFault(unsigned, keys)).toContain(said);
});

test('what is not signed has no claims: no id of another, no attempt, the same one wherever it is read', () => {
  const forged = { ...message({}, { 'x-job-generation': 9 }), queue: 'q', redelivered: false, deliveryCount: 0 };
  const { messageId, headers, body } = disclaimed(forged);
  expect(headers).toEqual({});
  expect(body).toBe(forged.body);
  expect(messageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
  expect(disclaimed({ ...forged, queue: 'other', redelivered: true }).messageId).toBe(messageId);
});

test('short keys are refused without being shown', () => {
  expect(() => checkPublisherKeys({ shop: ['hunter2'] })).toThrow('The key of the publisher shop is too short');
  expect(() => checkPublisherKeys({ shop: [] })).toThrow('shop');
});
