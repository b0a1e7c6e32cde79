import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '@scutwork/jobs';

const FILE = 'admin.token';
/** Shorter ones can be guessed. */
const LEAST_CHARS = 20;

/** What may be asked of the token, without its text. */
export class AdminToken {
  private readonly hash: Buffer;

  constructor(text: string) {
    this.hash = hashOf(text);
  }

  /** Compares hashes, which all have one length, in a time that says nothing about the token. */
  is(candidate: string): boolean {
    return timingSafeEqual(hashOf(candidate), this.hash);
  }
}

/**
 * The admin's token: the bare text of `admin.token` in the data folder, readable by its owner alone. Made when it is missing.
 * @throws ConfigurationError when the file holds no token
 */
export async function readAdminToken(dataDir: string): Promise<AdminToken> {
  const file = join(dataDir, FILE);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    // Fails when it exists: of two processes that start together one makes it, and both read it.
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await chmod(file, 0o600);
  }
  const text = (await readFile(file, 'utf8')).trim();
  if (text.length >= LEAST_CHARS) return new AdminToken(text);
  throw new ConfigurationError(
    'configuration_invalid',
    `${file} holds ${text.length} characters; a token has ${LEAST_CHARS} or more`,
    {
      field: FILE,
      hint: 'Delete the file: a good token is made at the next start.',
    },
  );
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
