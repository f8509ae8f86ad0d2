import type { ConditionDocument, DriftDocument, VmDocument } from '../client/vm-document.ts';
import { driftCause, driftReason } from '../core/convergence/drift-text.ts';
import { valueWords } from '../core/convergence/value-words.ts';
import { nextTryNote } from './next-try-note.ts';
import { phaseTone } from './paint.ts';
import { renderAge } from './render-age.ts';
import { type Cell, type Column, renderTable } from './render-table.ts';
import { isInSync } from './render-vm-get.ts';
import type { View } from './view.ts';

const base: readonly Column[] = [
  { title: 'NAME' },
  { title: 'PHASE', least: 'migrating'.length },
  { title: 'IN SYNC' },
  { title: 'CPU', align: 'right' },
  { title: 'MIB', align: 'right' },
  { title: 'NODE' },
  { title: 'AGE', least: '59m59s'.length },
];
const wide: readonly Column[] = [
  { title: 'GENERATION' },
  { title: 'RUN', align: 'right' },
  { title: 'ENDPOINTS' },
  { title: 'LABELS' },
  { title: 'UID' },
];
const note: Column = { title: 'NOTE', shrinks: true };

export interface VmListShape {
  readonly wide: boolean;
}

export function renderVmList(vms: readonly VmDocument[], shape: VmListShape, view: View): string {
  return renderTable(
    vmListColumns(shape),
    vms.map((vm) => vmListRow(vm, shape, view.now)),
    view,
  );
}

export function vmListColumns(shape: VmListShape): readonly Column[] {
  return shape.wide ? [...base, ...wide, note] : [...base, note];
}

export function vmListRow(vm: VmDocument, shape: VmListShape, now: number): readonly Cell[] {
  const { status } = vm;
  const inSync = isInSync(vm);
  const cells: readonly Cell[] = [
    { text: vm.name, tone: 'name' },
    { text: status.phase, tone: phaseTone(status.phase) },
    status.stale
      ? { text: 'stale', tone: 'warn' }
      : inSync
        ? { text: 'yes', tone: 'good' }
        : { text: 'no', tone: 'busy' },
    String(vm.cpu_cores),
    String(vm.memory_mib),
    status.node ?? '-',
    renderAge(vm.created_at, now),
  ];
  const more: readonly Cell[] = [
    `${status.observed_generation}/${vm.generation}`,
    String(vm.run),
    endpointsOf(vm) || '-',
    labelsOf(vm) || '-',
    vm.uid,
  ];
  return [...cells, ...(shape.wide ? more : []), noteOf(vm, now)];
}

/** Why it is not as it should be, in one line: the failure, else what it waits for, else the first difference. */
function noteOf({ status }: VmDocument, now: number): string {
  const { reason, waiting, restart, drift, conditions } = status;
  if (reason !== undefined) {
    const loop = restart.backing_off ? `${nextTryNote(status, now)}: ` : '';
    return `${loop}${reason.message}`;
  }
  if (waiting !== undefined) return waiting.message;
  const halt = conditions.find(explainsDrift);
  if (halt !== undefined) return halt.message;
  const [first, ...others] = drift;
  if (first === undefined) return conditions.find(isWorthTelling)?.message ?? '';
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${first.field} is ${valueWords(first.observed)}, wanted ${valueWords(first.desired)}: ${shortReason(first)}${more}`;
}

/** A silent monitor, or no room for what the guest writes: they come before the differences, which are due to them. */
const explainsDrift = ({ type, status, code }: ConditionDocument): boolean =>
  status === 'false' && (type === 'responsive' || (type === 'running' && code === 'io_error'));

/** The cause alone, but where it does not say what stands in the way. */
const shortReason = (drift: DriftDocument): string =>
  drift.cause === 'failed' || drift.cause === 'held' ? driftReason(drift) : driftCause(drift.cause);

/** Nothing differs, and yet it is not as one would think: its checks fail, or it is off by its own wish. */
const isWorthTelling = ({ type, status, code }: ConditionDocument): boolean =>
  (type === 'healthy' && status === 'false') || (type === 'converged' && code !== 'in_sync');

function endpointsOf({ status }: VmDocument): string {
  const all = status.addresses.flatMap(({ endpoints }) => endpoints);
  return all.map(({ protocol, host, port, guest_port }) => `${protocol}/${host}:${port}→${guest_port}`).join(',');
}

const labelsOf = ({ labels }: VmDocument): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
