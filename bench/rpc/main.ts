/**
 * `node bench/rpc/main.ts [SECONDS]`: calls per second of this implementation against C++ on the same machine in the
 * same run, as ratios, and where the time goes. Prints Markdown. Needs g++, capnp and libcapnp-dev for the C++ half.
 */
import { cpus } from 'node:os';
import { startPeers } from './peers.ts';
import { measureSplit } from './split.ts';

const seconds = Number(process.argv[2] ?? 3);
const KINDS = [
  ['empty', 'an empty call'],
  ['heartbeat', 'a heartbeat of 20 VMs'],
  ['assignment', 'an assignment of 200, encoded anew'],
  ['cached', 'an assignment of 200, encoded once'],
] as const;

const peers = startPeers(seconds);
const percent = (part: number, whole: number): string => `${Math.round((part / whole) * 100)} %`;
const say = (line = ''): void => console.log(line);

say('# Benchmark of src/rpc');
say();
say(
  `Node ${process.version}, ${cpus().length} cores (client and server share them), one unix socket, ${seconds} s each.`,
);
say('Client -> server, calls per second; in brackets the share of C++ -> C++ in the same row.');
say();
say('| call | in flight | C++ -> C++ | TS -> TS | TS -> C++ | C++ -> TS |');
say('|---|---|---|---|---|---|');
for (const [kind, name] of KINDS) {
  for (const inFlight of [1, 64]) {
    const load = { kind, inFlight, connections: 1 };
    const base = await peers.run('cpp', 'cpp', load);
    const cells = [];
    for (const [client, server] of [
      ['ts', 'ts'],
      ['ts', 'cpp'],
      ['cpp', 'ts'],
    ] as const) {
      const { callsPerSecond } = await peers.run(client, server, load);
      cells.push(`${callsPerSecond} (${percent(callsPerSecond, base.callsPerSecond)})`);
    }
    say(`| ${name} | ${inFlight} | ${base.callsPerSecond} | ${cells.join(' | ')} |`);
  }
}

say();
say('## 1,000 connections, a heartbeat of 20 VMs at a time on each');
say();
say('| client -> server | heartbeats per second | CPU of the server per heartbeat | memory of the server |');
say('|---|---|---|---|');
for (const [client, server, name] of [
  ['cpp', 'cpp', 'C++ -> C++'],
  ['cpp', 'ts', 'C++ -> TS'],
  ['ts', 'ts', 'TS -> TS'],
] as const) {
  const { callsPerSecond, serverCpuUs, serverRssMib } = await peers.run(client, server, {
    kind: 'heartbeat',
    inFlight: 1,
    connections: 1_000,
  });
  const cpu = serverCpuUs === undefined ? '' : `${serverCpuUs.toFixed(1)} µs`;
  say(`| ${name} | ${callsPerSecond} | ${cpu} | ${serverRssMib === undefined ? '' : `${serverRssMib} MiB`} |`);
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
