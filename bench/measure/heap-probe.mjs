// Loaded into an app that is measured: answers how much memory it holds, after a collection of all that it does not.
process.on('message', (asked) => {
  if (asked !== 'memory') return;
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ heapUsed, external, rss });
});
process.on('disconnect', () => process.exit()); // nor does it outlive a bench that has failed
process.channel.unref(); // all this does not keep the app running
