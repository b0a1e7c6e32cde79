/** Token of the {@link Mailer}. */
export const MAILER = Symbol('mailer');

/** One message to one recipient. */
interface Mail {
  /** Id of the job that sends it. */
  id: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
}

interface SentMail {
  messageId: string;
  /** Addresses that the server has taken. */
  accepted: string[];
  /** Where the mail was written, when there is no server. */
  file?: string;
}

/** Sends mail. A job that runs again sends the same message id, by which servers and people recognise the repetition. */
export interface Mailer {
  /**
   * @throws UnrecoverableError when the server refuses the mail for good
   */
  send(mail: Mail): Promise<SentMail>;
  close(): void;
}

/** `<job@domain of the sender>` */
export function messageIdOf(jobId: string, from: string): string {
  const domain = /@([a-z0-9.-]+)>?\s*$/i.exec(from)?.[1] ?? 'localhost';
  return `<${jobId}@${domain}>`;
}
