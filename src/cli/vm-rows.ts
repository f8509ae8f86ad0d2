/** The lines that `vm get` sets side by side: what was asked for, and what is there. */
import type { DriftDocument, ForwardDocument, VmDocument } from '../client/documents.ts';
import type { Json } from '../core/kit/json.ts';
import { nextTryNote } from './next-try-note.ts';
import type { Tone } from './paint.ts';
import { renderSpan } from './render-age.ts';
import { valueText } from './render-error.ts';

export interface VmRow {
  readonly field: string;
  readonly desired: string;
  readonly observed: string;
  /** Why they differ; empty where they do not. */
  readonly note: string;
  readonly differs: boolean;
  readonly tone?: Tone;
}

export function vmRows(vm: VmDocument, now: number): readonly VmRow[] {
  const { status } = vm;
  return [
    phaseRow(vm, now),
    generationRow(vm),
    runRow(vm),
    pausedRow(vm),
    specRow(vm, 'cpu_cores', String(vm.cpu_cores)),
    specRow(vm, 'memory_mib', `${vm.memory_mib}`),
    ...bootRows(vm),
    ...vm.nics.map((nic) => nicRow(vm, nic)),
    ...(vm.disks.length === 0 ? [] : [specRow(vm, 'disks', disksText(vm))]),
    ...(vm.nics.length === 0 ? [specRow(vm, 'nics', 'none')] : []),
    { ...same('node'), desired: wantedNode(vm), observed: status.node ?? '-' },
    ...otherDrift(vm),
  ];
}

const same = (field: string) => ({ field, note: '', differs: false });

const driftOf = (vm: VmDocument, field: string): DriftDocument | undefined =>
  vm.status.drift.find((drift) => drift.field === field || drift.field.startsWith(`${field}.`));

/** `change_propagating; stop, because restart_needed`. */
export function driftNote({ cause, action, because }: DriftDocument): string {
  if (action !== 'none') return `${cause}; ${action}, because ${because}`;
  return cause === because ? cause : `${cause} (${because})`;
}

function phaseRow(vm: VmDocument, now: number): VmRow {
  const { restart, phase } = vm.status;
  const wanted = vm.desired_phase === 'stopped' ? `stopped (${vm.stop_mode})` : vm.desired_phase;
  const drift = driftOf(vm, 'desired_phase');
  const loop = restart.backing_off ? ` (${nextTryNote(vm.status, now)})` : '';
  const settled = phase === vm.desired_phase || (phase === 'paused' && vm.desired_paused);
  return {
    field: 'phase',
    desired: wanted,
    observed: `${phase}${loop}`,
    note: drift === undefined ? '' : driftNote(drift),
    differs: !settled,
  };
}

function generationRow(vm: VmDocument): VmRow {
  const { seen_generation: seen, observed_generation: observed } = vm.status;
  const behind = observed < vm.generation;
  const note = !behind ? '' : seen < vm.generation ? 'the node has not seen it yet' : 'the node has seen it';
  const shown = behind && seen !== observed ? `${observed} (seen ${seen})` : String(observed);
  return { field: 'generation', desired: String(vm.generation), observed: shown, note, differs: behind };
}

function runRow(vm: VmDocument): VmRow {
  const run = vm.status.incarnation?.run;
  const differs = run !== undefined && run !== vm.run;
  return { ...same('run'), desired: String(vm.run), observed: run === undefined ? '-' : String(run), differs };
}

function pausedRow(vm: VmDocument): VmRow {
  const drift = driftOf(vm, 'desired_paused');
  const live = vm.status.incarnation !== null;
  const paused = vm.status.incarnation?.state === 'paused';
  return {
    field: 'paused',
    desired: yesNo(vm.desired_paused),
    observed: live ? yesNo(paused) : '-',
    note: drift === undefined ? '' : driftNote(drift),
    differs: drift !== undefined,
  };
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

/** The agent names every field in which what runs differs; what it does not name is as declared. */
function specRow(vm: VmDocument, field: string, desired: string): VmRow {
  const drift = driftOf(vm, field);
  if (drift === undefined) return { ...same(field), desired, observed: vm.status.incarnation === null ? '-' : desired };
  return { field, desired, observed: shortValue(drift.observed), note: driftNote(drift), differs: true };
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
      note: drift === undefined ? '' : driftNote(drift),
      differs: drift !== undefined,
    });
  }
  if (vm.disk_gib !== null) rows.push(specRow(vm, 'disk_gib', String(vm.disk_gib)));
  return rows;
}

function nicRow(vm: VmDocument, nic: VmDocument['nics'][number]): VmRow {
  const drift = driftOf(vm, 'nics');
  const address = vm.status.addresses.find((candidate) => candidate.nic === nic.name);
  const endpoints = (address?.endpoints ?? []).map(
    ({ protocol, host, port, guest_port }) => `${protocol} ${host}:${port}→${guest_port}`,
  );
  const observed = address === undefined ? '-' : [address.ip ?? 'no address', ...endpoints].join(', ');
  return {
    field: `nic ${nic.name}`,
    desired: [nic.network, ...nic.forwards.map(forwardText)].join(', '),
    observed,
    note: drift === undefined ? '' : driftNote(drift),
    differs: drift !== undefined,
  };
}

function forwardText({ protocol, host_ip, host_port, guest_port }: ForwardDocument): string {
  return `${protocol} ${host_ip}:${host_port === 0 ? '*' : host_port}→${guest_port}`;
}

function wantedNode(vm: VmDocument): string {
  const placement = (vm as unknown as { placement?: { node?: string | null } }).placement;
  return placement?.node ?? 'any';
}

const disksText = (vm: VmDocument): string =>
  vm.disks.map(({ name, size_gib }) => `${name} ${size_gib} GiB`).join(', ');

/** Differences in fields that have no line of their own, so that none is ever hidden. */
function otherDrift(vm: VmDocument): readonly VmRow[] {
  const shown = [
    'desired_phase',
    'generation',
    'desired_paused',
    'cpu_cores',
    'memory_mib',
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
      note: driftNote(drift),
      differs: true,
    }));
}

const shortValue = (value: Json): string => (typeof value === 'string' ? value : valueText(value));

/** The end of a URL is what tells images apart. */
function shortUrl(url: string): string {
  const parts = url.split('/');
  return parts.length <= 4 ? url : `…/${parts.slice(-2).join('/')}`;
}

export const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** `3 % cpu, 141 MiB used, up 11m42s`. */
export function metricsText(metrics: VmDocument['status']['metrics']): string | null {
  if (metrics === null) return null;
  const { cpu_usage: cpu, memory_used_mib: memory, uptime_seconds: uptime } = metrics;
  const parts = [
    typeof cpu === 'number' ? `${Math.round(cpu * 100)} % cpu` : null,
    typeof memory === 'number' ? `${memory} MiB used` : null,
    typeof uptime === 'number' ? `up ${renderSpan(uptime * 1_000)}` : null,
  ];
  return parts.filter((part) => part !== null).join(', ');
}
