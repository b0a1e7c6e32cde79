/** Ends the shared broker at once (nothing in it is worth a graceful stop); its folder goes with it. */
export default async function tearDown(): Promise<void> {
  await globalThis.sharedTestBroker?.stop({ deadlineMs: 0 });
}
