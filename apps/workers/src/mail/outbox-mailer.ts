import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { Mailer, messageIdOf } from './mailer';

/**
 * Writes each mail into a folder, for machines without a mail server: nobody gets mail by accident.
 *
 * @param folder made when it is missing, for its owner alone
 */
export function outboxMailer(folder: string, from: string): Mailer {
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ id, ...mail }) {
      const { messageId, message, envelope } = await composer.sendMail({
        ...mail,
        from,
        messageId: messageIdOf(id, from),
      });
      const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${id}.eml`;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeWhole(folder, name, message as Buffer);
      return { messageId, accepted: [...envelope.to], file: `outbox/${name}` };
    },
    close: () => composer.close(),
  };
}

/** Whoever looks into the folder finds whole mails only, also after a crash. */
async function writeWhole(folder: string, name: string, content: Buffer): Promise<void> {
  const unfinished = join(folder, `.${name}.part`);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(folder, name));
}
