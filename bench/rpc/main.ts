/**
 * `node bench/rpc/main.ts [SECONDS]`: calls per second of this implementation against C++ on the same machine in the
 * same run, as ratios, and where the time goes. Prints Markdown. Needs g++, capnp and libcapnp-dev for the C++ half.
 */
import { cpus } from 'node:os';
import { type Load, type Measured, startPeers } from './peers.ts';
import { measureSplit } from './split.ts';

const seconds = Number(process.argv[2] ?? 3);
if (!Number.isInteger(seconds) || seconds < 1) {
  console.error(`Cannot measure for ${process.argv[2]} seconds: say a whole number, 1 or more`);
  process.exit(2);
}
const KINDS = [
  ['empty', 'an empty call'],
  ['heartbeat', 'a heartbeat of 20 VMs'],
  ['assignment', 'an assignment of 200, encoded anew'],
  ['cached', 'an assignment of 200, encoded once'],
] as const;

/** Client and server of each column. */
const PAIRS = [
  ['cpp', 'cpp'],
  ['ts', 'ts'],
  ['ts', 'cpp'],
  ['cpp', 'ts'],
] as const;
const LANGUAGE = { cpp: 'C++', ts: 'TS' } as const;

/** Everything is run so often, in turns, and the best counts: whatever else the machine does only takes away. */
const REPEATS = 3;

const peers = startPeers(seconds);

async function bestOf(pairs: typeof PAIRS, load: Load): Promise<Measured[]> {
  const best: Measured[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const [i, [client, server]] of pairs.entries()) {
      const measured = await peers.run(client, server, load);
      if (measured.callsPerSecond > (best[i]?.callsPerSecond ?? 0)) best[i] = measured;
    }
  }
  return best;
}

const percent = (part: number, whole: number): string => `${Math.round((part / whole) * 100)} %`;
const say = (line = ''): void => console.log(line);

say('# Benchmark of src/rpc');
say();
say(
  `Node ${process.version}, ${cpus().length} cores (client and server share them), one unix socket, best of ${REPEATS} runs of ${seconds} s.`,
);
say('Client -> server, calls per second; in brackets the share of C++ -> C++ in the same row.');
say();
say('| call | in flight | C++ -> C++ | TS -> TS | TS -> C++ | C++ -> TS |');
say('|---|---|---|---|---|---|');
for (const [kind, name] of KINDS) {
  for (const inFlight of [1, 64]) {
    const [base, ...others] = await bestOf(PAIRS, { kind, inFlight, connections: 1 });
    const whole = base?.callsPerSecond ?? 0;
    const cells = others.map(({ callsPerSecond }) => `${callsPerSecond} (${percent(callsPerSecond, whole)})`);
    say(`| ${name} | ${inFlight} | ${whole} | ${cells.join(' | ')} |`);
  }
}

say();
say('## 1,000 connections, a heartbeat of 20 VMs at a time on each');
say();
say('| client -> server | heartbeats per second | CPU of the server per heartbeat | memory of the server |');
say('|---|---|---|---|');
const many = await bestOf(PAIRS, { kind: 'heartbeat', inFlight: 1, connections: 1_000 });
for (const [i, [client, server]] of PAIRS.entries()) {
  const { callsPerSecond, serverCpuUs, serverRssMib } = many[i] ?? { callsPerSecond: 0 };
  const cpu = serverCpuUs === undefined ? '' : `${serverCpuUs.toFixed(1)} µs`;
  const memory = serverRssMib === undefined ? '' : `${serverRssMib} MiB`;
  say(`| ${LANGUAGE[client]} -> ${LANGUAGE[server]} | ${callsPerSecond} | ${cpu} | ${memory} |`);
}

say();
say('## Where the CPU time of one call goes, both sides together, in one process');
say();
say('| call | encoding and decoding | protocol and promises | socket and event loop |');
say('|---|---|---|---|');
for (const { name, encodingUs, protocolUs, socketUs } of await measureSplit()) {
  say(`| ${name} | ${encodingUs.toFixed(1)} µs | ${protocolUs.toFixed(1)} µs | ${socketUs.toFixed(1)} µs |`);
}
peers.end();
