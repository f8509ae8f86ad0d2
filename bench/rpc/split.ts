import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pointer } from '../../src/rpc/capnp/pointer.ts';
import { initStructAtOffset, type Struct, type StructClass } from '../../src/rpc/capnp/struct.ts';
import { recycle } from '../../src/rpc/message-pool.ts';
import { blankMessage } from '../../src/rpc/request.ts';
import { connectRpc } from '../../src/rpc/rpc.ts';
import { serveRpc } from '../../src/rpc/serve.ts';
import { duplexPair } from '../../src/rpc/testing/duplex-pair.ts';
import { benchObject, fillAssignment, fillHeartbeat, sumAssignment, sumHeartbeat } from './bench-server.ts';
import { Assignment, Bench, type Bench$Client, Heartbeat } from './generated/bench.ts';

export type Split = {
  readonly name: string;
  readonly encodingUs: number;
  readonly protocolUs: number;
  readonly socketUs: number;
};

const CASES = [
  {
    name: 'an empty call',
    rounds: 100_000,
    encode: () => undefined,
    call: (bench: Bench$Client) => bench.empty().promise(),
  },
  {
    name: 'a heartbeat of 20 VMs',
    rounds: 20_000,
    encode: (n: number) => throughMessage(Heartbeat, (heartbeat) => fillHeartbeat(heartbeat, n), sumHeartbeat),
    call: (bench: Bench$Client, n: number) => bench.heartbeat((heartbeat) => fillHeartbeat(heartbeat, n)).promise(),
  },
  {
    name: 'an assignment of 200',
    rounds: 2_000,
    encode: () => throughMessage(Assignment, fillAssignment, sumAssignment),
    call: async (bench: Bench$Client) => sumAssignment((await bench.assignment().promise()).assignment),
  },
] as const;

/** CPU time of one call: encoding alone, with the protocol over a pipe in memory, and over a socket. */
export async function measureSplit(): Promise<Split[]> {
  const [left, right] = duplexPair();
  connectRpc(left, { bootstrap: benchObject() });
  const inMemory = connectRpc(right);
  const address = join(tmpdir(), `rpc-bench-${process.pid}`);
  const serving = serveRpc(createServer().listen(address), { bootstrap: benchObject() });
  const overSocket = connectRpc(connect(address));
  const results: Split[] = [];
  for (const { name, rounds, encode, call } of CASES) {
    const encodingUs = await cpuUsOf(rounds, encode);
    const memoryUs = await callsUs(inMemory.bootstrap(Bench), rounds, call);
    const socketUs = await callsUs(overSocket.bootstrap(Bench), rounds, call);
    results.push({ name, encodingUs, protocolUs: memoryUs - encodingUs, socketUs: socketUs - memoryUs });
  }
  inMemory.close();
  overSocket.close();
  await serving.close();
  rmSync(address, { force: true });
  return results;
}

const callsUs = (bench: Bench$Client, rounds: number, call: (bench: Bench$Client, n: number) => Promise<unknown>) =>
  cpuUsOf(rounds, (n) => call(bench, n));

/** How often a measurement is made; the best counts, since everything else on the machine only adds. */
const REPEATS = 4;

/** CPU time of one round, the whole process counted. */
async function cpuUsOf(rounds: number, once: (n: number) => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const before = process.cpuUsage();
    for (let n = 0; n < rounds; n++) await once(n);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / rounds);
  }
  return best;
}

function throughMessage<T extends Struct>(
  Class: StructClass<T>,
  fill: (struct: T) => void,
  read: (struct: T) => unknown,
) {
  const message = blankMessage();
  fill(initStructAtOffset(Class, message.first, 0));
  const result = read(new Pointer(message.first, 0, message.nesting).asStruct(Class));
  recycle(message);
  return result;
}
