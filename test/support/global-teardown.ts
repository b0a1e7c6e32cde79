/** Ends the shared servers at once (nothing in them is worth a graceful stop); their folders go with them. */
export default async function tearDown(): Promise<void> {
  const now = { deadlineMs: 0 };
  await Promise.all([globalThis.sharedTestBroker?.stop(now), globalThis.sharedTestPostgres?.stop(now)]);
}
