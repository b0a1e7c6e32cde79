import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@scutwork/app';
import { ConfigurationError } from '@scutwork/jobs';

const FILE = 'admin.token';
/** Shorter ones can be guessed. */
const LEAST_CHARS = 20;

/**
 * The admin's token: the bare text of `admin.token` in the data folder, readable by its owner alone. Made when it is missing.
 * @throws ConfigurationError when the file holds no token
 */
export async function readAdminToken(dataDir: string): Promise<Secret> {
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
  if (text.length >= LEAST_CHARS) return new Secret(text);
  throw new ConfigurationError(
    'configuration_invalid',
    `${file} holds ${text.length} characters; a token has ${LEAST_CHARS} or more`,
    {
      field: FILE,
      hint: 'Delete the file: a good token is made at the next start.',
    },
  );
}
