/** VMs of a fleet on the fake runtime, about 1.2 kB each as documents. */
import type { JsonObject } from '../../src/core/kit/json.ts';

export const fleetImageUrl = 'https://images.example.org/vmlinuz';

export function fleetVm(n: number, memoryMib = 256): JsonObject {
  return {
    api_version: 'holdfast/v1',
    kind: 'VirtualMachine',
    name: nameOf(n),
    labels: { app: `app-${n % 100}`, tier: n % 2 === 0 ? 'web' : 'db', team: `team-${n % 10}` },
    annotations: { 'example.org/owner': `owner of ${nameOf(n)}`, 'example.org/note': 'x'.repeat(300) },
    description: `One of a fleet, number ${n}`,
    memory_mib: memoryMib,
    memory_max_mib: 512,
    kernel: fleetImageUrl,
    cmdline: 'console=ttyS0 quiet panic=5',
    nics: [],
  };
}

export const nameOf = (n: number): string => `vm-${String(n).padStart(5, '0')}`;
