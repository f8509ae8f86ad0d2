/** `status`: convergence, nodes, instances, and for each gap why (spec S20). */
import type { NodeDocument, StatusDocument } from '../client/documents.ts';
import type { VmDocument } from '../client/vm-document.ts';
import { type Paint, phaseTone, statusTone } from './paint.ts';
import { renderAge, renderMoment } from './render-age.ts';
import { type Column, renderTable } from './render-table.ts';
import { renderVmList } from './render-vm-list.ts';
import type { View } from './view.ts';

/** `instances: null` = too many to list: then only those that are not in sync are shown. */
export function renderCluster(
  status: StatusDocument,
  instances: readonly VmDocument[] | null,
  wide: boolean,
  view: View,
): string {
  const parts = [renderHeadline(status, view.paint), renderNodes(status.nodes, { wide }, view)];
  if (instances === null) parts.push(renderGaps(status, view));
  else if (instances.length > 0) parts.push(renderVmList(instances, { wide }, view));
  return parts.filter((part) => part !== '').join('\n');
}

function renderHeadline({ convergence, phases }: StatusDocument, paint: Paint): string {
  const { percent, in_sync: inSync, total } = convergence;
  const bar = `${paint(percent === 100 ? 'good' : 'busy', `${percent} % converged`)}, ${inSync} of ${total} in sync`;
  const counts = Object.entries(phases)
    .filter(([, count]) => count > 0)
    .map(([phase, count]) => paint(phaseTone(phase), `${count} ${phase}`));
  return `${bar}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}\n`;
}

const nodeColumns: readonly Column[] = [
  { title: 'NODE' },
  { title: 'HEALTH' },
  { title: 'LAST SEEN' },
  { title: 'VMS', align: 'right' },
  { title: 'CORES', align: 'right' },
  { title: 'MIB', align: 'right' },
];
/** Promised to VMs of what may be promised, so that one sees why another does not fit. */
const wideNodeColumns: readonly Column[] = [
  { title: 'CORES PROMISED', align: 'right' },
  { title: 'MIB PROMISED', align: 'right' },
  { title: 'AGENT' },
  { title: 'AGE' },
  { title: 'LABELS' },
];
const runtimesColumn: Column = { title: 'RUNTIMES', shrinks: true };

export function renderNodes(nodes: readonly NodeDocument[], { wide }: { readonly wide: boolean }, view: View): string {
  if (nodes.length === 0) return "No nodes: nothing can run. Start one with 'holdfast agent' or 'holdfast up'.\n";
  const columns = [...nodeColumns, ...(wide ? wideNodeColumns : []), runtimesColumn];
  const rows = nodes.map((node) => {
    const { name, status } = node;
    return [
      { text: name, tone: 'name' as const },
      { text: status.health, tone: statusTone(status.health) },
      status.connected ? 'connected' : renderMoment(status.last_seen_at, view.now),
      String(status.instances),
      String(status.capacity.cpu_cores),
      String(status.capacity.memory_mib),
      ...(wide ? wideCells(node, view.now) : []),
      status.runtimes.map(runtimeText).join(', '),
    ];
  });
  return renderTable(columns, rows, view) + nodes.map((node) => renderUnassigned(node, view.paint)).join('');
}

function wideCells({ labels, registered_at: registeredAt, status }: NodeDocument, now: number): readonly string[] {
  const { allocated, allocatable } = status;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    `${allocated.cpu_cores} of ${allocatable.cpu_cores}`,
    `${allocated.memory_mib} of ${allocatable.memory_mib}`,
    status.agent_version,
    renderAge(registeredAt, now),
    pairs.join(',') || '-',
  ];
}

const runtimeText = ({ kind, version, accel }: NodeDocument['status']['runtimes'][number]): string =>
  [kind, version, accel === null || accel === undefined ? null : `(${accel})`]
    .filter((part) => part !== null)
    .join(' ');

/** Runtimes that nobody declared are left as they are; someone should look at them. */
function renderUnassigned({ name, status }: NodeDocument, paint: Paint): string {
  return status.unassigned
    .map((runtime) => {
      const what = `${runtime.name ?? runtime.uid} (${runtime.state})`;
      const why = runtime.not_adopted ? `, and not adopted: ${runtime.not_adopted}` : '';
      return `${paint('warn', 'Unassigned')} on ${name}: ${what} is in no assignment and is left as it is${why}\n`;
    })
    .join('');
}

function renderGaps({ not_in_sync: gaps, convergence }: StatusDocument, view: View): string {
  if (gaps.length === 0) return '';
  const rows = gaps.map((gap) => [
    { text: gap.name, tone: 'name' as const },
    { text: gap.phase, tone: phaseTone(gap.phase) },
    `${gap.observed_generation}/${gap.generation}`,
    gap.code,
    gap.message,
  ]);
  const columns: readonly Column[] = [
    { title: 'NOT IN SYNC' },
    { title: 'PHASE' },
    { title: 'GENERATION' },
    { title: 'CODE' },
    { title: 'WHY', shrinks: true },
  ];
  const left = convergence.total - convergence.in_sync - gaps.length;
  return renderTable(columns, rows, view) + (left > 0 ? `… and ${left} more\n` : '');
}
