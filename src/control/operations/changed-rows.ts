import type { PlannedChange, PlannedValue } from '../../core/desired/planned-change.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { TimeMs } from '../../core/kit/brand.ts';
import type { Json } from '../../core/kit/json.ts';
import type { Caller } from '../mutate.ts';
import type { VmChange } from './change-vm.ts';
import type { OperationContext } from './context.ts';
import { requestEvent, vmRow } from './write-vm.ts';

/** The rows of a change of a VM. Where nothing but labels changed: no event, no generation (S2). */
export function changedRows(
  ctx: Pick<OperationContext, 'random'>,
  caller: Caller,
  before: VmRecord,
  change: VmChange,
  now: TimeMs,
): readonly { readonly key: string; readonly value: Json }[] {
  const { record } = change;
  if (record === before) return [];
  if (!change.desiredChanged) return [vmRow(record)];
  const words = [...change.changes.map(changeWords), ...phaseWords(before, record)].join(', ');
  const message = `VM "${record.name}" changed: ${words} (generation ${record.generation})${howApplied(change)}`;
  return [vmRow(record), requestEvent(ctx, { code: 'vm_changed', message, record, caller, now })];
}

const phaseWords = ({ desiredPhase }: VmRecord, record: VmRecord): readonly string[] =>
  desiredPhase === record.desiredPhase ? [] : [`desired_phase ${desiredPhase} → ${record.desiredPhase}`];

/** `memory_mib 512 → 1024`; of what is no plain word, or may hold a secret (a URL, a command line), only that it changed. */
function changeWords({ field, from, to }: PlannedChange): string {
  const [was, is] = [plainWord(from), plainWord(to)];
  return was === null || is === null ? field : `${field} ${was} → ${is}`;
}

function plainWord(value: PlannedValue): string | null {
  if (value.kind === 'hidden') return null;
  if (value.value === null) return 'none';
  if (typeof value.value === 'object') return null;
  return /^[\w.-]{1,63}$/.test(String(value.value)) ? String(value.value) : null;
}

function howApplied({ restarts, joinsRestart, deferred }: VmChange): string {
  if (joinsRestart) return '; it comes with the restart that was asked for before';
  return restarts ? '; it restarts' : deferred ? '; applied at the next start' : '';
}
