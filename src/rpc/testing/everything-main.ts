/** Serves everything.capnp: `everything-main.ts SOCKET`. Says "ready" once it does. Made to be killed. */
import { createServer } from 'node:net';
import { serveRpc } from '../serve.ts';
import { everything, everythingState } from './everything-server.ts';

const [address = ''] = process.argv.slice(2);
const server = createServer();
serveRpc(server, { bootstrap: everything(everythingState()) });
server.listen(address, () => console.log('ready'));
