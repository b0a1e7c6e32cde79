/** Calls `publish(i)` for i = 0 … total-1 with at most `limit` of its promises open, and resolves when all have. */
export async function keepInFlight(total, limit, publish) {
  let next = 0;
  const lane = async () => {
    while (next < total) await publish(next++);
  };
  await Promise.all(Array.from({ length: Math.min(limit, total) }, lane));
}
