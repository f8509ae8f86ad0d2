/** Pages of VMs, joined from the bodies that GET keeps, so that no page blocks the loop (spec §4 lists). */
import { readingsUntil } from '../../core/convergence/reading.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { nodeOf } from '../../core/placement/placement.ts';
import type { CachedVm } from '../cached-vm.ts';
import type { PastView } from '../past-rows.ts';
import type { ReadModel } from '../read-model.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { rowOf, vmKey, vmPrefix } from '../rows.ts';
import type { OperationContext } from './context.ts';
import { candidateNames, type LabelSelector, matchesLabels } from './label-selector.ts';

export interface VmFilter {
  readonly labels: LabelSelector;
  /** Only the one of this name. */
  readonly name?: string | undefined;
  /** Values a field must have; absent = any. */
  readonly phase?: string | undefined;
  readonly node?: string | undefined;
  readonly desiredPhase?: string | undefined;
  readonly inSync?: boolean | undefined;
}

export interface Page {
  readonly vms: readonly CachedVm[];
  readonly cursor: string | null;
  readonly revision: number;
}

/** Records looked at for one page: a filter that matches little gets short pages, never a long one's time. */
const scannedMax = 2_000;

export const everything: VmFilter = { labels: [] };

export function isUnfiltered(filter: VmFilter): boolean {
  return (
    filter.labels.length === 0 &&
    filter.name === undefined &&
    filter.phase === undefined &&
    filter.node === undefined &&
    filter.desiredPhase === undefined &&
    filter.inSync === undefined
  );
}

export function matchesVm(filter: VmFilter, vm: CachedVm): boolean {
  if (filter.phase !== undefined && vm.phase !== filter.phase) return false;
  if (filter.inSync !== undefined && vm.inSync !== filter.inSync) return false;
  if (filter.node !== undefined && nodeOf(vm.view.placement) !== filter.node) return false;
  return matchesRecord(filter, vm.record);
}

/** Whether a VM that was so matched at any time: what is unknown of it is when it was looked at. */
export function mayHaveMatched(filter: VmFilter, { view, until }: PastView): boolean {
  if (filter.node !== undefined && nodeOf(view.placement) !== filter.node) return false;
  if (!matchesRecord(filter, view.record)) return false;
  if (filter.phase === undefined && filter.inSync === undefined) return true;
  return readingsUntil(view, until).some(
    ({ phase, inSync }) =>
      (filter.phase === undefined || phase === filter.phase) &&
      (filter.inSync === undefined || inSync === filter.inSync),
  );
}

function matchesRecord({ desiredPhase, labels }: VmFilter, record: VmRecord): boolean {
  if (desiredPhase !== undefined && record.desiredPhase !== desiredPhase) return false;
  return matchesLabels(labels, record.labels);
}

export function listVms(
  { store, model }: Pick<OperationContext, 'store' | 'model'>,
  { filter, limit, cursor }: { readonly filter: VmFilter; readonly limit: number; readonly cursor: string | null },
): Page | Refusal {
  const after = cursor === null ? '' : readCursor('vms', cursor, store.epoch);
  if (after === null) {
    return refuse('cursor_expired', 'The cursor is of another epoch or of no list like this', {
      next_action: 'List from the start',
    });
  }
  const revision = store.revision();
  const vms: CachedVm[] = [];
  let last = after;
  let scanned = 0;
  for (const name of namesAfter({ store, model }, filter, after)) {
    if (vms.length >= limit || scanned >= scannedMax) {
      return { vms, cursor: writeCursor('vms', last, store.epoch), revision };
    }
    scanned += 1;
    last = name;
    const vm = model.get(name);
    if (vm !== undefined && matchesVm(filter, vm)) vms.push(vm);
  }
  return { vms, cursor: null, revision };
}

/** Names in order after `after`, from the narrowest index. */
function* namesAfter(
  { store, model }: { readonly store: OperationContext['store']; readonly model: ReadModel },
  filter: VmFilter,
  after: string,
): Generator<string> {
  if (filter.name !== undefined) {
    if (filter.name > after) yield filter.name;
    return;
  }
  const candidates = candidateNames(model, filter.labels);
  if (candidates !== null) {
    for (let at = firstAfter(candidates, after); at < candidates.length; at += 1) yield candidates[at] as string;
    return;
  }
  const chunk = 256;
  let from = vmKey(after);
  for (;;) {
    const entries = store.list(
      vmPrefix,
      after === '' && from === vmPrefix ? { limit: chunk } : { after: from, limit: chunk },
    );
    for (const entry of entries) yield rowOf<VmRecord>(entry).value.name;
    const last = entries.at(-1);
    if (last === undefined || entries.length < chunk) return;
    from = last.key;
  }
}

function firstAfter(sorted: readonly string[], after: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

type ListKind = 'vms' | 'tasks' | 'events';

/** A cursor is opaque to clients: epoch, list and last name. Names never change, so it never skips what stays. */
export function writeCursor(list: ListKind, last: string, epoch: number): string {
  return Buffer.from(`${epoch}/${list}/${last}`, 'utf8').toString('base64url');
}

const cursorPattern = /^(\d{1,15})\/([a-z]+)\/([\x21-\x7e]{0,200})$/;

export function readCursor(list: ListKind, cursor: string, epoch: number): string | null {
  const match = cursorPattern.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  return match !== null && Number(match[1]) === epoch && match[2] === list ? (match[3] ?? null) : null;
}

/** VMs of one part of a page: to render them for the first time takes some milliseconds. */
const vmsPerPart = 100;

const comma = Buffer.from(',');

/**
 * `{"items":[…],"next_cursor":…}` from bodies that are kept mostly. It is made in parts, each when it is asked for; a part is what
 * its pieces are together.
 */
export function* renderPage(page: Page, epoch: number, secrets: boolean): Generator<readonly Buffer[]> {
  const { vms, cursor, revision } = page;
  let pieces: Buffer[] = [Buffer.from('{"items":[')];
  for (const [index, vm] of vms.entries()) {
    if (index > 0 && index % vmsPerPart === 0) {
      yield pieces;
      pieces = [];
    }
    if (index > 0) pieces.push(comma);
    pieces.push(vm.body(secrets));
  }
  pieces.push(Buffer.from(`],${JSON.stringify({ next_cursor: cursor, revision, epoch }).slice(1)}`));
  yield pieces;
}
