import type * as wire from '../generated/node.ts';
import { fromWide, textOrNull, toWide } from './scalars.ts';

/** The hello as this room knows it; the port's type has the same form. */
export interface HelloValue {
  readonly node: string;
  readonly clusterId: string | null;
  readonly session: string;
  readonly agentVersion: string;
  readonly bootId: string;
  readonly capacity: { readonly cpuCores: number; readonly memoryMib: number };
  readonly runtimes: readonly {
    readonly kind: string;
    readonly version: string;
    readonly accel: string;
    readonly accelBecause: string;
  }[];
}

/** `have`: hashes of the bodies the node holds, as bytes. */
export function helloToWire(hello: HelloValue, have: readonly Uint8Array[], to: wire.Hello): void {
  to.node = hello.node;
  if (hello.clusterId !== null) to.clusterId = hello.clusterId;
  to.session = hello.session;
  to.agentVersion = hello.agentVersion;
  to.bootId = hello.bootId;
  to.takesPages = true;
  to.cpuCores = hello.capacity.cpuCores;
  to.memoryMib = toWide(hello.capacity.memoryMib);
  const runtimes = to._initRuntimes(hello.runtimes.length);
  for (const [i, runtime] of hello.runtimes.entries()) {
    const at = runtimes.get(i);
    at.kind = runtime.kind;
    at.version = runtime.version;
    at.accel = runtime.accel;
    at.accelBecause = runtime.accelBecause;
  }
  const hashes = to._initHave(have.length);
  for (const [i, hash] of have.entries()) {
    const at = hashes.init(i, hash.length);
    at.copyBuffer(hash);
  }
}

export const helloFromWire = (from: wire.Hello): HelloValue => ({
  node: from.node,
  clusterId: textOrNull(from.clusterId),
  session: from.session,
  agentVersion: from.agentVersion,
  bootId: from.bootId,
  capacity: { cpuCores: from.cpuCores, memoryMib: fromWide(from.memoryMib, 'capacity.memory_mib') },
  runtimes: from.runtimes.map(({ kind, version, accel, accelBecause }) => ({ kind, version, accel, accelBecause })),
});
