import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of one authority, and of one server that it vouches for. */
export interface Certificates {
  ca: string;
  key: string;
  certificate: string;
}

const run = promisify(execFile);

/** An authority of our own, and a certificate that it has made out to `host`; by openssl, as people make them. */
export async function makeCertificates(folder: string, name: string, host: string): Promise<Certificates> {
  const file = (part: string): string => join(folder, `${name}-${part}`);
  const [ca, caKey, key, request, certificate] = ['ca.pem', 'ca.key', 'server.key', 'server.csr', 'server.pem'].map(
    file,
  ) as [string, string, string, string, string];
  const fresh = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [...fresh, '-x509', '-days', '2', '-subj', `/CN=${name}`, '-keyout', caKey, '-out', ca]);
  await run('openssl', [...fresh, '-subj', `/CN=${host}`, '-keyout', key, '-out', request]);
  const names = file('names');
  writeFileSync(names, `subjectAltName=DNS:${host}\n`);
  const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', names];
  await run('openssl', ['x509', '-req', '-in', request, ...signing, '-out', certificate]);
  return { ca, key, certificate };
}
