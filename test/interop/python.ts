import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** One message as Python's pika publishes it. `properties` are those of `pika.BasicProperties`. */
export interface ForeignMessage {
  exchange: string;
  key: string;
  body: string;
  properties?: Record<string, unknown>;
}

/** Runs a Python script with Debian's pika (package python3-pika) and returns what it prints. */
export function python(script: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', [script, ...args], (error, stdout, stderr) => {
      if (error) reject(new Error(`${script} failed; is python3-pika installed?\n${stderr}`, { cause: error }));
      else resolve(stdout);
    });
    child.stdin?.end(input);
  });
}

/** Publishes as a program in another language does. Resolves with `taken` or `returned` for each. */
export async function publishFromPython(url: string, messages: readonly ForeignMessage[]): Promise<string[]> {
  return JSON.parse(await python(join(__dirname, 'publish.py'), [url], JSON.stringify(messages))) as string[];
}
