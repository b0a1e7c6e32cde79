import { createServer, type AddressInfo, type Server } from 'node:net';
import { answersAmqp, knock } from './amqp-probe';
import { whoListens } from './listener';
import { acceptsConnections, freePorts, isPortFree } from './ports';

let server: Server;
let port: number;

beforeAll(async () => {
  // Speaks, but not AMQP.
  server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('free ports are free, different, and outside the range of outgoing connections', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(await Promise.all(ports.map(isPortFree))).not.toContain(false);
});

test('a port somebody listens on is not free, and the listener is known', async () => {
  expect(await isPortFree(port)).toBe(false);
  expect(await acceptsConnections(port)).toBe(true);
  expect(whoListens(port)?.pid).toBe(process.pid);
});

test('what answers but does not speak AMQP is no broker', async () => {
  expect(await answersAmqp(port)).toBe(false);
  expect(await knock(`amqp://127.0.0.1:${port}`)).toBe('silent');
});

test('nobody at all is no broker', async () => {
  const [nobody = 0] = await freePorts(1);
  expect(await answersAmqp(nobody)).toBe(false);
  expect(await knock(`amqp://127.0.0.1:${nobody}`)).toBe('silent');
  expect(whoListens(nobody)).toBeUndefined();
});
