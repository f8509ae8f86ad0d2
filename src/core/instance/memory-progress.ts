/**
 * Memory is given and taken by the guest, in its own time. As long as it comes closer to what is wanted it is waited for;
 * one that no longer moves has said how much it can do, and that is told as an error with its next step (spec F1).
 */
import type { IncarnationId, TimeMs } from '../kit/brand.ts';
import type { FailureReason } from './failure-reason.ts';

/** A change of memory under way: what is still missing, and since when it has not become less. */
export interface MemoryProgress {
  readonly incarnationId: IncarnationId;
  readonly generation: number;
  readonly wantedMib: number;
  readonly memoryMib: number;
  readonly since: TimeMs;
}

/** A guest that follows does so within seconds; one that boots on a busy host takes longer to begin. */
export const memoryStallMs = 60_000;

/** `look.since`: when it was seen. Only a guest that is closer than ever in this change has made progress. */
export function followMemory(before: MemoryProgress | null, look: MemoryProgress): MemoryProgress {
  const same =
    before?.incarnationId === look.incarnationId &&
    before.generation === look.generation &&
    before.wantedMib === look.wantedMib;
  return same && missing(look) >= missing(before) ? before : look;
}

const missing = ({ memoryMib, wantedMib }: MemoryProgress): number => Math.abs(wantedMib - memoryMib);

/** Why a change that makes no progress is an error; null while it is waited for. */
export function memoryStalled(name: string, progress: MemoryProgress, now: TimeMs): FailureReason | null {
  const { memoryMib, wantedMib, since } = progress;
  if (now < since + memoryStallMs) return null;
  const seconds = Math.round((now - since) / 1_000);
  const does = wantedMib < memoryMib ? 'gives no more memory back than down to' : 'takes no more memory than up to';
  return {
    code: 'operation_deadline_exceeded',
    message:
      `The guest of VM "${name}" ${does} ${memoryMib} MiB (memory_mib is ${wantedMib}, no progress for ${seconds} s): ` +
      `'holdfast vm reboot ${name}' starts it with ${wantedMib} MiB, or set memory_mib to ${memoryMib}`,
    at: now,
    details: { memory_mib: memoryMib, wanted_memory_mib: wantedMib },
  };
}
