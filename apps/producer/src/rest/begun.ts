/** Waits for the first of them, so that what goes wrong at once can still be answered with a problem. */
export async function begun<T>(items: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for (let step = first; step.done !== true; step = await iterator.next()) yield step.value;
      } finally {
        await iterator.return?.();
      }
    },
  };
}
