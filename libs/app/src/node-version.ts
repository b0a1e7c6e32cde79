// Imported before everything else by each app, and imports nothing itself: what follows may not even load on an old Node.

/** `require` of ES modules without a warning. */
const OLDEST = [20, 19] as const;

/** What to tell someone whose Node cannot run us; undefined when it can. */
export function refusalOfNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return `This is Node ${version}; ${OLDEST.join('.')} is the oldest that works.\n  next step: install Node ${OLDEST.join('.')} or newer.`;
}

const refusal = refusalOfNode(process.versions.node);
if (refusal !== undefined) {
  process.stderr.write(`${refusal}\n`);
  process.exit(78);
}
