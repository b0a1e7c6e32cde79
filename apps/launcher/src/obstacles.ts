import { statSync } from 'node:fs';
import { isPortFree, readJson, whoListens, endProcess, isAlive, type ProcessId } from '@scutwork/local';
import { portVariable, type AppName } from './configuration';
import { StartRefused, type Refusal } from './refusal';
import { pidFile } from './supervise-app';

/** Files of two users in one folder end with neither being able to start: as after `sudo npm start`. */
export function refuseForeignFolder(dataDir: string): void {
  const me = process.getuid?.();
  const owner = statSync(dataDir, { throwIfNoEntry: false })?.uid;
  if (me === undefined || owner === undefined || owner === me) return;
  const problem = `${dataDir} belongs to the user with the id ${owner}, and this is the user with the id ${me}`;
  const hint = 'start as that user, remove the folder, or set SCUTWORK_DATA_DIR to another one';
  throw new StartRefused([{ code: 'FOLDER_OF_ANOTHER_USER', problem, hint }]);
}

/** Ends the apps that a launcher left behind which was killed. */
export async function endOrphans(dataDir: string, apps: AppName[]): Promise<AppName[]> {
  const left = apps.flatMap((app) => {
    const id = readJson(pidFile(dataDir, app)) as ProcessId | undefined;
    return id && isAlive(id) ? [{ app, id }] : [];
  });
  await Promise.all(left.map(({ id }) => endProcess(id, { deadlineMs: 8_000 })));
  return left.map(({ app }) => app);
}

/** The ports that others hold, with the holder if it may be known, and the variable that chooses another. */
export async function takenPorts(ports: Record<AppName, number>): Promise<Refusal[]> {
  const checks = (Object.entries(ports) as [AppName, number][]).map(async ([app, port]) => {
    if (await isPortFree(port)) return [];
    const holder = whoListens(port);
    const who = holder ? `process ${holder.pid} (${programOf(holder.command)})` : 'another process';
    const problem = `port ${port} of 127.0.0.1, wanted for ${app}, is taken by ${who}`;
    const hint = `end that process, or choose another port: ${portVariable(app)}=${port + 100} npm start`;
    return [{ code: 'PORT_TAKEN', problem, hint } satisfies Refusal];
  });
  return (await Promise.all(checks)).flat();
}

/** The rest of a command line may hold secrets. */
function programOf(command: string): string {
  return command.split(' ').slice(0, 2).join(' ').slice(0, 100);
}
