/** Talks to a server without end: `chatter-main.ts SOCKET SEED`. Says "talking" once it does. Made to be killed. */
import { connect } from 'node:net';
import { connectRpc } from '../rpc.ts';
import { embargoRound } from './embargo-round.ts';
import { Everything } from './generated/everything.ts';
import { seededRandom } from './seeded-random.ts';

const [address = '', seed = '0'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const root = connectRpc(connect(address)).bootstrap(Everything);
await root.empty().promise();
console.log('talking');
for (;;) await embargoRound(root, random);
