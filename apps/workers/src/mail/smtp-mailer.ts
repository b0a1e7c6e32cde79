import { UnrecoverableError } from '@scutwork/jobs';
import type { SmtpConfig } from '@scutwork/app';
import { createTransport } from 'nodemailer';
import type SMTPPool from 'nodemailer/lib/smtp-pool';
import { Mailer, messageIdOf } from './mailer';

const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;

/**
 * Sends by an SMTP server, over a few connections that are kept.
 *
 * @param from sender, as it stands in the header
 */
export function smtpMailer(server: SmtpConfig, from: string): Mailer {
  const options: SMTPPool.Options = {
    ...server,
    pool: true,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    // A mail is made of what its job says, never of files or addresses that it names.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  const transport = createTransport(options);
  return {
    async send({ id, ...mail }) {
      try {
        const sent = await transport.sendMail({ ...mail, from, messageId: messageIdOf(id, from) });
        return { messageId: sent.messageId, accepted: sent.accepted };
      } catch (error) {
        throw refusedForGood(error) ?? error;
      }
    },
    close: () => transport.close(),
  };
}

/** Answers that are about this mail. A refused login or greeting is about us: another attempt may find it mended. */
const ABOUT_THE_MAIL = ['MAIL FROM', 'RCPT TO', 'DATA'];
const LOGIN_WANTED = 530;

function refusedForGood(error: unknown): UnrecoverableError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { responseCode, command } = error as { responseCode?: unknown; command?: unknown };
  const permanent = typeof responseCode === 'number' && responseCode >= 500 && responseCode !== LOGIN_WANTED;
  if (!permanent || !ABOUT_THE_MAIL.includes(String(command))) return undefined;
  return new UnrecoverableError(`The mail server refuses it for good: ${error.message}`, { cause: error });
}
