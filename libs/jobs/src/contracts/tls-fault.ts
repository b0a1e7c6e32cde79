const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const UNTIMELY = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** Why TLS has failed and what to do about it, by the code of Node's error; undefined where it was not TLS. */
export function tlsFault(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code !== 'string') return undefined;
  if (UNTRUSTED.has(code)) {
    return 'Its certificate is signed by nobody that is trusted here: name the file of its authority in NODE_EXTRA_CA_CERTS';
  }
  if (UNTIMELY.has(code))
    return 'Its certificate has expired, or is not valid yet: renew it, and see the clock of both machines';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'Its certificate is made out to another name: put one of its names into the address, or have it made out to this one';
  }
  return /SSL_WRONG_VERSION|PACKET_LENGTH_TOO_LONG/.test(code)
    ? 'It does not speak TLS on this port: use the TLS port, or an address without TLS'
    : undefined;
}
