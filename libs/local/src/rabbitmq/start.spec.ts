import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../ports';
import { endProcesses, startProcesses } from './start';

/** Stands for both programs: greets whoever comes first as an AMQP broker does, and is too busy for everyone after. */
const BUSY = `#!${process.execPath}
const { createServer } = require('node:net');
const named = process.argv.indexOf('-port');
let greeted = false;
createServer((socket) => {
  socket.on('error', () => socket.destroy());
  if (greeted) return;
  greeted = true;
  socket.write(Buffer.from([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 10, 0xce]));
}).listen(named < 0 ? Number(process.env.PORT) : Number(process.argv[named + 1]), '127.0.0.1');
`;

test('a broker that has answered once has started, however busy it is with those who come back to it', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'scutwork-busy-'));
  const program = join(dataDir, 'busy');
  writeFileSync(program, BUSY, { mode: 0o755 });
  const [port = 0, epmdPort = 0] = await freePorts(2);
  const settings = {
    ...{ engine: 'installed' as const, nodeName: 'busy@localhost', user: 'u', password: 'p' },
    ...{ port, epmdPort, distributionPort: 0, managementPort: 0 },
  };
  const programs = { server: program, epmd: program, ctl: program, path: '' };
  const env = { PORT: String(port) };
  const processes = await startProcesses({ dataDir, programs, settings, env, deadlineMs: 20_000 });
  await endProcesses(dataDir, processes, { deadlineMs: 0 });
  rmSync(dataDir, { recursive: true });
});
