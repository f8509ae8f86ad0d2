/**
 * Rules of a VM document that speak of more than one field (spec §2, §9). They read the raw document, so that all
 * offences are told at once even when single fields are wrong too; a field of a wrong type is left to the schema.
 */
import { defaultNicName, vmDefaults } from '../../core/instance/resolve-spec.ts';
import { documentLimits as limits } from './limits.ts';
import { brief, clipGot, type Offence, renderPath, valueAt } from './offence.ts';
import { isRawObject, isSet, type RawObject, rawNumber, rawObjects, rawText } from './raw.ts';
import type { Report } from './rule-report.ts';
import { checkMachine } from './vm-machine-rules.ts';
import { checkNetwork } from './vm-network-rules.ts';
import { checkOffered } from './vm-offer-rules.ts';

/** Which pools lie on storage that every node reaches; decides `node_loss_policy: restart_elsewhere` (spec §9). */
export type SharedPools = ReadonlySet<string>;

function checkBootSource(vm: RawObject, report: Report): void {
  if (!isSet(vm['image_url']) && !isSet(vm['kernel'])) {
    report(['image_url'], 'missing', 'A VM boots from image_url, from kernel, or from both', 'image_url or kernel');
  }
  if (isSet(vm['image_url']) && !isSet(vm['image_format'])) {
    report(['image_format'], 'missing', 'image_format is required with image_url: it is never guessed', [
      'qcow2',
      'raw',
    ]);
  }
  const needs: readonly (readonly [string, string, string])[] = [
    ['image_sha256', 'image_url', 'image_sha256 is the digest of image_url'],
    ['image_format', 'image_url', 'image_format is the format of image_url'],
    ['disk_gib', 'image_url', 'disk_gib is the size of the root disk, which is made from image_url'],
    ['kernel_sha256', 'kernel', 'kernel_sha256 is the digest of kernel'],
    ['initrd', 'kernel', 'An initrd is loaded beside a kernel'],
    ['initrd_sha256', 'initrd', 'initrd_sha256 is the digest of initrd'],
    ['cmdline', 'kernel', 'cmdline is the command line of kernel'],
  ];
  for (const [field, needed, why] of needs) {
    if (isSet(vm[field]) && !isSet(vm[needed]))
      report([field], 'conflict', `${why}, which is not set`, `${needed} beside it`);
  }
}

const listWords = { disks: 'Disk', nics: 'NIC', health_checks: 'Health check' } as const;

function checkNames(vm: RawObject, report: Report): void {
  for (const list of ['disks', 'nics', 'health_checks'] as const) {
    const seen = new Map<string, number>();
    for (const [index, item] of rawObjects(vm[list])) {
      const own = list === 'nics' && !isSet(item['name']) ? defaultNicName(index) : rawText(item['name']);
      if (own === undefined) continue;
      const first = seen.get(own);
      const word = listWords[list];
      if (first === undefined) seen.set(own, index);
      else
        report(
          [list, index, 'name'],
          'duplicate',
          `${word} name "${brief(own)}" is already used by $.${list}[${first}]`,
          `unique in $.${list}`,
        );
    }
  }
  for (const [index, disk] of rawObjects(vm['disks'])) {
    if (disk['name'] === 'root' || disk['name'] === 'seed') {
      report(
        ['disks', index, 'name'],
        'conflict',
        `"${disk['name']}" is the name of a disk that Holdfast makes itself`,
        'another name',
      );
    }
  }
  for (const path of [['depends_on'], ['placement', 'affinity_groups']] as const) checkTexts(vm, path, report);
  const name = rawText(vm['name']);
  const dependsOn: unknown = vm['depends_on'];
  const self = Array.isArray(dependsOn) && name !== undefined ? dependsOn.indexOf(name) : -1;
  if (self >= 0) report(['depends_on', self], 'conflict', 'An instance does not depend on itself', 'another instance');
}

function checkTexts(vm: RawObject, path: readonly string[], report: Report): void {
  const value = valueAt(vm, path);
  if (!Array.isArray(value)) return;
  value.forEach((item: unknown, index) => {
    const first = value.indexOf(item);
    if (typeof item !== 'string' || first === index) return;
    report(
      [...path, index],
      'duplicate',
      `"${brief(item)}" is already at index ${first}`,
      `unique in ${renderPath(path)}`,
    );
  });
}

function checkHealth(vm: RawObject, report: Report): void {
  for (const [index, check] of rawObjects(vm['health_checks'])) {
    const path = ['health_checks', index] as const;
    const probes = ['tcp', 'http', 'command'].filter((kind) => isSet(check[kind]));
    if (probes.length === 0)
      report(path, 'missing', 'A health check has one of tcp, http and command', ['tcp', 'http', 'command']);
    if (probes.length > 1)
      report(
        path,
        'conflict',
        `A health check has one probe, not ${probes.join(' and ')}`,
        'one of tcp, http, command',
      );
    if (Array.isArray(check['command']) && check['command'].length === 0) {
      report(
        [...path, 'command'],
        'out_of_range',
        'A command has at least one argument, the program',
        'at least 1 entry',
      );
    }
    const interval = rawNumber(check['interval_seconds'], vmDefaults.intervalSeconds);
    const timeout = rawNumber(check['timeout_seconds'], vmDefaults.timeoutSeconds);
    if (interval !== undefined && timeout !== undefined && timeout > interval) {
      const at = isSet(check['timeout_seconds']) ? 'timeout_seconds' : 'interval_seconds';
      const message = `A check (${timeout} s) ends before the next one begins (every ${interval} s)`;
      report([...path, at], 'conflict', message, 'timeout_seconds <= interval_seconds');
    }
  }
}

function checkLossPolicy(vm: RawObject, sharedPools: SharedPools, report: Report): void {
  if (vm['node_loss_policy'] !== 'restart_elsewhere') return;
  const pinned: string[] = [];
  if (isSet(vm['image_url'])) pinned.push('the root disk');
  for (const [, disk] of rawObjects(vm['disks'])) {
    const pool = rawText(disk['pool']) ?? vmDefaults.pool;
    if (disk['ephemeral'] !== true && !sharedPools.has(pool)) pinned.push(`disk "${brief(String(disk['name']))}"`);
  }
  if (pinned.length === 0) return;
  const message = `restart_elsewhere needs every disk on shared storage or ephemeral; not so: ${pinned.join(', ')}`;
  report(['node_loss_policy'], 'disk_not_movable', message, "'pin', or movable disks");
}

function checkMapSizes(vm: RawObject, report: Report): void {
  for (const path of [['labels'], ['annotations'], ['placement', 'selector'], ['placement', 'preferred']]) {
    const value = valueAt(vm, path);
    const size = isRawObject(value) ? Object.keys(value).length : 0;
    if (size > limits.mapEntries) {
      const message = `${path.at(-1)} has at most ${limits.mapEntries} entries, not ${size}`;
      report(path, 'too_many', message, `at most ${limits.mapEntries} entries`);
    }
  }
}

/** What users say of a VM for themselves: no rule but the one over its size looks at it. */
const notes: ReadonlySet<string> = new Set(['labels', 'annotations', 'description']);

/**
 * Offences of a whole VM document against the rules over several fields. `touched`: the fields that a change names; a VM that
 * was accepted before a rule came can still be labelled.
 */
export function vmRuleOffences(
  vm: RawObject,
  document: number,
  sharedPools: SharedPools,
  touched?: readonly string[],
): readonly Offence[] {
  const offences: Offence[] = [];
  const report: Report = (path, code, message, expected) => {
    offences.push({ document, path: renderPath(path), code, message, got: clipGot(valueAt(vm, path), path), expected });
  };
  checkMapSizes(vm, report);
  if (touched?.every((field) => notes.has(field)) === true) return offences;
  checkBootSource(vm, report);
  checkOffered(vm, sharedPools, report);
  checkMachine(vm, report);
  checkNames(vm, report);
  checkNetwork(vm, report);
  checkHealth(vm, report);
  checkLossPolicy(vm, sharedPools, report);
  return offences;
}
