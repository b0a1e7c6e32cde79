import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const judge = (input: string) => {
  const script = join(__dirname, '../../scripts/audit.mjs');
  const { status, stdout } = spawnSync(process.execPath, [script, '--judge'], { input, encoding: 'utf8' });
  return { status, stdout };
};
const found = (severity: 'moderate' | 'high') =>
  JSON.stringify({
    vulnerabilities: { left: { name: 'left', severity, range: '<2', fixAvailable: true } },
    metadata: { vulnerabilities: { moderate: 0, high: 0, critical: 0, [severity]: 1, total: 1 } },
  });

describe('the audit of what ships', () => {
  it('fails for a grave vulnerability, and names it', () => {
    expect(judge(found('high'))).toMatchObject({ status: 1, stdout: expect.stringContaining('high: left <2') });
    expect(judge(found('moderate'))).toMatchObject({ status: 0, stdout: expect.stringContaining('moderate: left') });
  });

  it.each(['', 'no JSON', '{"error":{"summary":"away"}}'])('says aloud that nobody has answered (%j)', (answer) => {
    expect(judge(answer)).toMatchObject({ status: 0, stdout: expect.stringContaining('NOT AUDITED') });
  });
});
