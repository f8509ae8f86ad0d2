/** `server-main.ts SOCKET`: serves bench.capnp; at SIGTERM prints the CPU time it used and ends. */
import { createServer } from 'node:net';
import { serveRpc } from '../../src/rpc/serve.ts';
import { benchObject } from './bench-server.ts';

const [address = ''] = process.argv.slice(2);
serveRpc(
  createServer({}).listen(address, 2_048, () => console.log('ready')),
  { bootstrap: benchObject() },
);
process.on('SIGTERM', () => {
  const { user, system } = process.cpuUsage();
  console.log(`cpu ${user + system} us, rss ${process.memoryUsage().rss} bytes`);
  process.exit(0);
});
