/**
 * Loaded into each app before its own code: when the launcher is gone, however it went, the app stops as it would on
 * SIGTERM. The channel to the launcher says so by closing.
 */
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), 15_000).unref();
});
// Waiting for that must not keep an app alive that has nothing left to do.
process.channel?.unref();
