import { tlsFault } from './tls-fault';

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
  ['CERT_HAS_EXPIRED', 'renew it'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'another name'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS'],
])('%s is explained, with the next step', (code, said) => {
  expect(tlsFault(Object.assign(new Error('low-level words'), { code }))).toContain(said);
});

test.each([[undefined], [null], ['text'], [new Error('no code')], [{ code: 7 }], [{ code: 'ECONNREFUSED' }]])(
  'what is no fault of TLS is left to others (%#)',
  (error) => {
    expect(tlsFault(error)).toBeUndefined();
  },
);
