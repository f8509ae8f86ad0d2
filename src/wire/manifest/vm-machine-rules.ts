import { vmDefaults } from '../../core/instance/resolve-spec.ts';
import { documentLimits as limits } from './limits.ts';
import { isSet, type RawObject, rawNumber } from './raw.ts';
import type { Report } from './rule-report.ts';

/** What a machine type, its firmware and its size allow together. */
export function checkMachine(vm: RawObject, report: Report): void {
  if (vm['machine'] === 'microvm' && vm['firmware_id'] === 'ovmf') {
    report(['firmware_id'], 'conflict', "Machine 'microvm' has no UEFI firmware", "'seabios', or machine 'q35'");
  }
  if (vm['machine'] === 'microvm' && isSet(vm['image_url']) && !isSet(vm['kernel'])) {
    const message =
      "Machine 'microvm' starts a kernel; its firmware boots no disk, and an image alone would never start";
    report(['machine'], 'conflict', message, "'q35', or kernel beside image_url");
  }
  const memory = rawNumber(vm['memory_mib'], vmDefaults.memoryMib);
  if (vm['firmware_id'] === 'ovmf' && memory !== undefined && memory < limits.ovmfMemoryMib) {
    report(
      ['memory_mib'],
      'conflict',
      `firmware_id 'ovmf' needs at least ${limits.ovmfMemoryMib} MiB: with less, UEFI firmware hangs before a kernel runs`,
      `integer ${limits.ovmfMemoryMib}.., or firmware_id 'seabios'`,
    );
  }
  const disks = Array.isArray(vm['disks']) ? vm['disks'].length : 0;
  const devices = disks + (Array.isArray(vm['nics']) ? vm['nics'].length : 1);
  if (vm['machine'] === 'microvm' && devices > limits.microvmDevices) {
    const message = `Machine 'microvm' takes ${limits.microvmDevices} disks and NICs together, not ${devices}`;
    report(['machine'], 'conflict', message, "'q35', or fewer disks and NICs");
  }
  const headroom: readonly (readonly [string, string, number])[] = [
    ['cpu_cores', 'cpu_cores_max', vmDefaults.cpuCores],
    ['memory_mib', 'memory_max_mib', vmDefaults.memoryMib],
  ];
  for (const [field, ceiling, fallback] of headroom) {
    const value = rawNumber(vm[field], fallback);
    const max = rawNumber(vm[ceiling]);
    if (value !== undefined && max !== undefined && max < value) {
      report([ceiling], 'conflict', `${ceiling} is at least ${field}, which is ${value}`, `integer ${value}..`);
    }
  }
}
