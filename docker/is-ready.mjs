// The health check of a container: whether the app in it is ready.
const { ok } = await fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`);
process.exit(ok ? 0 : 1);
