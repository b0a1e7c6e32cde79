import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TestSmtpServer {
  host: string;
  port: number;
  /** What it has taken, in order. */
  mails: { from: string; to: string[]; message: Email }[];
  /** Connections so far. */
  readonly connections: number;
  close(): Promise<void>;
}

export interface TestSmtpOptions {
  /** The code it answers to a recipient; undefined takes it. */
  answerTo?: (recipient: string, attempt: number) => number | undefined;
  login?: { user: string; pass: string };
  /** Keeps the sender waiting before a mail is taken. */
  hold?: () => Promise<void>;
}

/** A real SMTP server that keeps what it is given. */
export async function startSmtpServer({ answerTo, login, hold }: TestSmtpOptions = {}): Promise<TestSmtpServer> {
  const mails: TestSmtpServer['mails'] = [];
  const asked = new Map<string, number>();
  let connections = 0;
  const options: SMTPServerOptions = {
    authOptional: login === undefined,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    // Senders keep their connections; nobody is waited for.
    closeTimeout: 100,
    onConnect: (_session, done) => {
      connections++;
      done();
    },
    onAuth: ({ username, password }, _session, done) =>
      username === login?.user && password === login?.pass ? done(null, { user: username }) : done(new Error('no')),
    onRcptTo: ({ address }, _session, done) => {
      const attempt = (asked.get(address) ?? 0) + 1;
      asked.set(address, attempt);
      const code = answerTo?.(address, attempt);
      done(code === undefined ? null : Object.assign(new Error('not this one'), { responseCode: code }));
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        void PostalMime.parse(Buffer.concat(chunks)).then(async (message) => {
          await hold?.();
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), message });
          done();
        }, done);
      });
    },
  };
  const server = new SMTPServer(options);
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.server.address() as AddressInfo).port,
    mails,
    get connections() {
      return connections;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
