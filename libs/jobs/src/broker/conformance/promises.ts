import { ConfigurationError } from '../../contracts/errors';

/** What a broker, or all of Scutwork on it, promises: the test's name, and the test. */
export type Promises<World> = Readonly<Record<string, (world: World) => Promise<void>>>;

/** The two functions of a test runner that the suites need. */
export interface TestFrame {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, timeoutMs?: number): void;
}

/** A slow machine under load; whatever waits for a condition gives up long before, and says for what. */
const TEST_TIMEOUT_MS = 60_000;

interface Closable {
  close(): Promise<void>;
}

/** Turns promises into tests, each in a world of its own. */
export function testPromises<World extends Closable>(
  frame: TestFrame,
  name: string,
  groups: Readonly<Record<string, Promises<World>>>,
  makeWorld: () => Promise<World>,
): void {
  frame.describe(name, () => {
    for (const [group, promises] of Object.entries(groups)) {
      frame.describe(group, () => {
        for (const [promise, prove] of Object.entries(promises)) {
          frame.it(promise, () => inWorld(makeWorld, prove), TEST_TIMEOUT_MS);
        }
      });
    }
  });
}

async function inWorld<World extends Closable>(
  makeWorld: () => Promise<World>,
  prove: (world: World) => Promise<void>,
): Promise<void> {
  const world = await makeWorld();
  try {
    await prove(world);
  } finally {
    await world.close();
  }
}

/** The runner's own `describe` and `it`, as jest and vitest put them into the global scope. */
export function globalFrame(): TestFrame {
  const { describe, it } = globalThis as Partial<TestFrame>;
  if (describe && it) return { describe, it };
  throw new ConfigurationError('configuration_invalid', 'There is no global describe and it', {
    field: 'frame',
    hint: 'Call the suite from a test file of jest, or pass { describe, it } of your test runner.',
  });
}
