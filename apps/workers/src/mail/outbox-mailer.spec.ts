import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { outboxMailer } from './outbox-mailer';

const mail = {
  id: '0197a000-0000-7000-8000-000000000001',
  to: { name: 'Ada', address: 'ada@example.org' },
  subject: 'Hi',
  text: 'plain',
  html: '<b>rich</b>',
};

describe('the outbox', () => {
  let home: string;
  let folder: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'outbox-'));
    folder = join(home, 'outbox');
  });
  afterEach(() => rm(home, { recursive: true }));

  it('holds each mail as a whole file that only its owner can read', async () => {
    const sent = await outboxMailer(folder, 'Scutwork <jobs@example.net>').send(mail);
    const names = await readdir(folder);
    expect(names).toEqual([expect.stringMatching(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d-]+Z-${mail.id}\\.eml$`))]);
    expect(sent).toEqual({
      messageId: `<${mail.id}@example.net>`,
      accepted: ['ada@example.org'],
      file: `outbox/${names[0] ?? ''}`,
    });
    const file = join(home, sent.file ?? '');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const parsed = await PostalMime.parse(await readFile(file));
    expect(parsed).toMatchObject({
      subject: 'Hi',
      messageId: sent.messageId,
      from: { name: 'Scutwork', address: 'jobs@example.net' },
      to: [{ name: 'Ada', address: 'ada@example.org' }],
    });
    expect(parsed.text?.trim()).toBe('plain');
    expect(parsed.html?.trim()).toBe('<b>rich</b>');
  });

  it('takes no header from a name or a subject', async () => {
    const evil = {
      ...mail,
      to: { name: 'A\r\nBcc: all@example.org', address: 'ada@example.org' },
      subject: 'Hi\r\nX-Evil: 1',
    };
    const { file } = await outboxMailer(folder, 'jobs@example.net').send(evil);
    const { headers } = await PostalMime.parse(await readFile(join(home, file ?? '')));
    expect(headers.map(({ key }) => key)).not.toEqual(expect.arrayContaining(['bcc']));
    expect(headers.map(({ key }) => key)).not.toEqual(expect.arrayContaining(['x-evil']));
  });

  it('makes the same message id when a job runs again', async () => {
    const mailer = outboxMailer(folder, 'jobs@example.net');
    const [first, second] = [await mailer.send(mail), await mailer.send(mail)];
    expect(second.messageId).toBe(first.messageId);
  });
});
