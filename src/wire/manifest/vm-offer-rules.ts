/** What no node of this version has, whatever the fields have room for: told when it is asked for, not when it fails to start. */
import { vmDefaults } from '../../core/instance/resolve-spec.ts';
import { brief } from './offence.ts';
import { type RawObject, rawObjects, rawText } from './raw.ts';
import type { Report } from './rule-report.ts';

const architecture = 'amd64';

export function checkOffered(vm: RawObject, sharedPools: ReadonlySet<string>, report: Report): void {
  const lacks = (path: Parameters<Report>[0], what: string, there: string): void =>
    report(path, 'unsupported', `No node of this version has ${what}`, `'${there}'`);
  if (vm['architecture'] === 'arm64') lacks(['architecture'], 'a runtime for arm64 guests', architecture);
  if (vm['runtime'] === 'cloud_hypervisor') lacks(['runtime'], 'the runtime cloud_hypervisor', vmDefaults.runtime);
  for (const [index, disk] of rawObjects(vm['disks'])) {
    const pool = rawText(disk['pool']) ?? vmDefaults.pool;
    if (pool === vmDefaults.pool || sharedPools.has(pool)) continue;
    lacks(['disks', index, 'pool'], `a pool "${brief(pool)}"`, vmDefaults.pool);
  }
  for (const [index, nic] of rawObjects(vm['nics'])) {
    const network = rawText(nic['network']) ?? vmDefaults.network;
    if (network === vmDefaults.network) continue;
    lacks(['nics', index, 'network'], `a network "${brief(network)}"`, vmDefaults.network);
  }
}
