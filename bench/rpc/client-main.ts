/** `client-main.ts SOCKET KIND IN_FLIGHT SECONDS CONNECTIONS`: prints calls per second. */
import { connect } from 'node:net';
import { connectRpc } from '../../src/rpc/rpc.ts';
import { fillHeartbeat, sumAssignment } from './bench-server.ts';
import { Bench, type Bench$Client } from './generated/bench.ts';

const [address = '', kind = 'empty', ...numbers] = process.argv.slice(2);
const [inFlight = 1, seconds = 2, connections = 1] = numbers.map(Number);

const kinds: Readonly<Record<string, (bench: Bench$Client, n: number) => Promise<unknown>>> = {
  empty: (bench) => bench.empty().promise(),
  heartbeat: (bench, n) => bench.heartbeat((heartbeat) => fillHeartbeat(heartbeat, n)).promise(),
  assignment: async (bench) => sumAssignment((await bench.assignment().promise()).assignment),
  cached: async (bench) => sumAssignment((await bench.cachedAssignment().promise()).assignment),
};
const once = kinds[kind];
if (once === undefined) throw new Error(`No such kind of call: ${kind}`);

const benches: Bench$Client[] = [];
for (let i = 0; i < connections; i++) {
  const bench = connectRpc(connect(address)).bootstrap(Bench);
  await bench.empty().promise();
  benches.push(bench);
}

async function run(ms: number): Promise<number> {
  const until = performance.now() + ms;
  let calls = 0;
  const loop = async (bench: Bench$Client): Promise<void> => {
    while (performance.now() < until) {
      await once?.(bench, calls);
      calls++;
    }
  };
  await Promise.all(benches.flatMap((bench) => Array.from({ length: inFlight }, () => loop(bench))));
  return calls;
}

await run(1_000);
const start = performance.now();
const calls = await run(seconds * 1_000);
console.log(`${Math.round((calls / (performance.now() - start)) * 1_000)} calls per second`);
process.exit(0);
