import { parseArgs } from 'node:util';

export const suiteNames = [
  'end-to-end',
  'tracked',
  'add-many',
  'retry',
  'light-load',
  'soak',
  'api',
  'producer',
  'ledger-search',
  'schedules',
];

export const usage = `npm run bench -- [suite ...] [options]

  suite            ${suiteNames.join(', ')}; all when none is named
  --rounds N       interleaved rounds of each suite (5)
  --only a,b       only these contestants
  --quick          one round with a tenth of the jobs: shows that it runs, its figures mean nothing
  --strict         exit with code 1 when a figure that must be reached was missed`;

/** Reads the command line; a mistake in it ends the program with what to type instead. */
export function readOptions(argv) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        rounds: { type: 'string' },
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        strict: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const unknown = positionals.find((name) => !suiteNames.includes(name));
    if (unknown) throw new Error(`there is no suite "${unknown}"`);
    const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');
    return {
      ...values,
      rounds,
      scale: values.quick ? 0.1 : 1,
      only: values.only?.split(','),
      suites: positionals.length > 0 ? positionals : suiteNames,
    };
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
