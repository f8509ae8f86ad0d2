/** The lines that `vm get` sets side by side: what was asked for, and what is there. */

import type { VmDocument } from '../client/vm-document.ts';
import { driftReason } from '../core/convergence/drift-text.ts';
import { valueWords } from '../core/convergence/value-words.ts';
import type { Json } from '../core/kit/json.ts';
import { nextTryNote } from './next-try-note.ts';
import { renderSpan } from './render-age.ts';
import { plainText } from './text-width.ts';
import { nicRows } from './vm-nic-rows.ts';
import { driftOf, type VmRow } from './vm-row.ts';

export function vmRows(vm: VmDocument, now: number): readonly VmRow[] {
  const { status } = vm;
  return [
    phaseRow(vm, now),
    generationRow(vm),
    runRow(vm),
    pausedRow(vm),
    specRow(vm, 'cpu_cores', String(vm.cpu_cores)),
    specRow(vm, 'memory_mib', `${vm.memory_mib}`),
    ...headroomRows(vm),
    ...bootRows(vm),
    ...nicRows(vm),
    ...(vm.nics.length === 0 ? [specRow(vm, 'nics', 'none')] : []),
    ...(vm.disks.length === 0 && driftOf(vm, 'disks') === undefined
      ? []
      : [specRow(vm, 'disks', valueWords(vm.disks as unknown as Json))]),
    { ...same('node'), desired: vm.placement.node ?? 'any', observed: status.node ?? '-' },
    ...otherDrift(vm),
  ];
}

const same = (field: string) => ({ field, note: '', differs: false });

function phaseRow(vm: VmDocument, now: number): VmRow {
  const { restart, phase } = vm.status;
  const wanted = vm.desired_phase === 'stopped' ? `stopped (${vm.stop_mode})` : vm.desired_phase;
  const drift = driftOf(vm, 'desired_phase');
  const loop = restart.backing_off ? ` (${nextTryNote(vm.status, now)})` : '';
  const settled = phase === vm.desired_phase || (phase === 'paused' && vm.desired_paused) || phase === 'gone';
  return {
    field: 'phase',
    desired: wanted,
    observed: `${phase}${loop}`,
    note: drift === undefined ? '' : driftReason(drift),
    differs: !settled,
  };
}

function generationRow(vm: VmDocument): VmRow {
  const { seen_generation: seen, observed_generation: observed } = vm.status;
  if (vm.status.phase === 'gone') return { ...same('generation'), desired: String(vm.generation), observed: '-' };
  const behind = observed < vm.generation;
  const note = !behind ? '' : seen < vm.generation ? 'the node has not seen it yet' : 'the node has seen it';
  const shown = behind && seen !== observed ? `${observed} (seen ${seen})` : String(observed);
  return { field: 'generation', desired: String(vm.generation), observed: shown, note, differs: behind };
}

function runRow(vm: VmDocument): VmRow {
  const run = vm.status.incarnation?.run;
  const drift = driftOf(vm, 'run');
  return {
    field: 'run',
    desired: String(vm.run),
    observed: run === undefined ? '-' : String(run),
    note: drift === undefined ? '' : driftReason(drift),
    differs: run !== undefined && run !== vm.run,
  };
}

function pausedRow(vm: VmDocument): VmRow {
  const drift = driftOf(vm, 'desired_paused');
  const live = vm.status.incarnation !== null;
  const paused = vm.status.incarnation?.state === 'paused';
  return {
    field: 'paused',
    desired: yesNo(vm.desired_paused),
    observed: live ? yesNo(paused) : '-',
    note: drift === undefined ? '' : driftReason(drift),
    differs: drift !== undefined,
  };
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

/** The agent names every field in which what runs differs; what it does not name is as declared. */
function specRow(vm: VmDocument, field: string, desired: string): VmRow {
  const drift = driftOf(vm, field);
  if (drift === undefined) return { ...same(field), desired, observed: vm.status.incarnation === null ? '-' : desired };
  return { field, desired, observed: shortValue(drift.observed), note: driftReason(drift), differs: true };
}

/** Up to where cores and memory change in place; shown where it is declared, or where what runs has another. */
function headroomRows(vm: VmDocument): readonly VmRow[] {
  return (['cpu_cores_max', 'memory_max_mib'] as const).flatMap((field) => {
    const shown = vm[field] !== null || driftOf(vm, field) !== undefined;
    return shown ? [specRow(vm, field, valueWords(vm[field]))] : [];
  });
}

function bootRows(vm: VmDocument): readonly VmRow[] {
  const { image } = vm.status;
  const found = image === null ? '-' : `sha256 ${image.sha256.slice(0, 12)}, ${mebibytes(image.size_bytes)}`;
  const rows: VmRow[] = [];
  for (const [field, url] of [
    ['image_url', vm.image_url],
    ['kernel', vm.kernel],
  ] as const) {
    if (url === null) continue;
    const drift = driftOf(vm, field);
    // `status.image` is the root image where there is one, else the kernel.
    const observed = field === 'kernel' && vm.image_url !== null ? '-' : found;
    rows.push({
      field: field === 'image_url' ? 'image' : field,
      desired: shortUrl(url),
      observed: drift === undefined ? observed : shortValue(drift.observed),
      note: drift === undefined ? '' : driftReason(drift),
      differs: drift !== undefined,
    });
  }
  if (vm.disk_gib !== null) rows.push(specRow(vm, 'disk_gib', String(vm.disk_gib)));
  return rows;
}

/** Differences in fields that have no line of their own, so that none is ever hidden. */
function otherDrift(vm: VmDocument): readonly VmRow[] {
  const shown = [
    'desired_phase',
    'generation',
    'run',
    'desired_paused',
    'cpu_cores',
    'memory_mib',
    'cpu_cores_max',
    'memory_max_mib',
    'disks',
    'nics',
    'disk_gib',
  ];
  const boots = [...(vm.image_url === null ? [] : ['image_url']), ...(vm.kernel === null ? [] : ['kernel'])];
  return vm.status.drift
    .filter(({ field }) => ![...shown, ...boots].includes(field.split('.')[0] ?? field))
    .map((drift) => ({
      field: drift.field,
      desired: shortValue(drift.desired),
      observed: shortValue(drift.observed),
      note: driftReason(drift),
      differs: true,
    }));
}

const shortValue = (value: Json): string => plainText(valueWords(value));

/** The end of a URL is what tells images apart. */
function shortUrl(url: string): string {
  const parts = url.split('/');
  return parts.length <= 4 ? url : `…/${parts.slice(-2).join('/')}`;
}

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** `3 % of a core, hypervisor process 141 MiB resident, up 11m42s`: seen from the host, not what the guest thinks it uses. */
export function metricsText(metrics: VmDocument['status']['metrics']): string | null {
  if (metrics === null) return null;
  const { cpu_usage: cpu, memory_used_mib: memory, uptime_seconds: uptime } = metrics;
  const parts = [
    typeof cpu === 'number' ? `${Math.round(cpu * 100)} % of a core` : null,
    typeof memory === 'number' ? `hypervisor process ${memory} MiB resident` : null,
    typeof uptime === 'number' ? `up ${renderSpan(uptime * 1_000)}` : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
