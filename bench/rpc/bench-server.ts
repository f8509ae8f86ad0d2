import { encodeOnce } from '../../src/rpc/encode-once.ts';
import { Assignment, type Bench$Client, Bench$Server, type Heartbeat } from './generated/bench.ts';

const UID = '01234567-89ab-cdef-0123-456789abcdef';

/** An assignment of 200 VM specifications. */
export function fillAssignment(assignment: Assignment): void {
  assignment.revision = 42n;
  const specs = assignment._initSpecs(200);
  for (let i = 0; i < 200; i++) {
    const spec = specs.get(i);
    spec.uid = UID;
    spec.name = `vm-${i}`;
    spec.specHash = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
    spec.image = 'https://images.example/debian-12.qcow2';
    spec.cpuCores = 2;
    spec.memoryMib = 512;
    const labels = spec._initLabels(2);
    labels.get(0).key = 'tier';
    labels.get(0).value = 'web';
    labels.get(1).key = 'zone';
    labels.get(1).value = 'a';
  }
}

/** Reads every field, as a scheduler would. */
export function sumAssignment(assignment: Assignment): number {
  let total = Number(assignment.revision);
  for (const spec of assignment.specs) {
    total += spec.uid.length + spec.name.length + spec.specHash.length + spec.image.length;
    total += spec.cpuCores + spec.memoryMib;
    for (const label of spec.labels) total += label.key.length + label.value.length;
  }
  return total;
}

/** A heartbeat of 20 VMs. */
export function fillHeartbeat(heartbeat: Heartbeat, sequence: number): void {
  heartbeat.node = 'node-0001';
  heartbeat.sequence = BigInt(sequence);
  const vms = heartbeat._initVms(20);
  for (let i = 0; i < 20; i++) {
    const vm = vms.get(i);
    vm.uid = UID;
    vm.phase = 3;
    vm.generation = BigInt(sequence);
    vm.observedGeneration = BigInt(sequence);
    vm.cpuUsage = 0.25;
    vm.memoryUsedMib = 256;
    vm.running = true;
  }
}

/** Reads every field of it. */
export function sumHeartbeat(heartbeat: Heartbeat): bigint {
  let total = heartbeat.sequence;
  let small = heartbeat.node.length;
  for (const vm of heartbeat.vms) {
    total += vm.generation + vm.observedGeneration;
    small += vm.uid.length + vm.phase + vm.memoryUsedMib + (vm.running ? 1 : 0) + (vm.cpuUsage > 0.5 ? 1 : 0);
  }
  return total + BigInt(small);
}

/** The object of bench.capnp. */
export function benchObject(): Bench$Client {
  const cached = encodeOnce(Assignment, fillAssignment);
  return new Bench$Server({
    empty() {},
    heartbeat(params, results) {
      results.leaseMs = 30_000;
      results.checksum = sumHeartbeat(params);
    },
    assignment(_params, results) {
      fillAssignment(results._initAssignment());
    },
    cachedAssignment(_params, results) {
      results.assignment = cached;
    },
  }).client();
}
