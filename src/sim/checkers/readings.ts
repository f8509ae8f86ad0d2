import type { VmReading } from '../../core/convergence/reading.ts';
import { currentObservation } from '../../core/convergence/vm-view.ts';
import { isTransient, liveIncarnation, phases } from '../../core/instance/phase.ts';
import { unknownHash } from '../../core/instance/running-spec.ts';
import type { Checker } from './checker.ts';

/** The longest wait of spec F1 and the longest backoff before it, with the grace time on top: later is no deadline. */
const latestDeadlineMs = 20 * 60_000;

/**
 * Spec S3, F1, S27: the phase of every VM can be read at any time; transient phases have a waiter and a deadline that
 * comes, and whatever is `pending`, `error` or `orphaned` has a reason and a way out, and nothing else has. §2: in
 * sync means equal hashes.
 */
export function createReadings(): Checker {
  let revision = -1;
  let readAt = 0;
  return {
    name: 'readings',
    afterStep({ control, history, time }) {
      const { plane } = control;
      // Time alone changes a reading as well.
      if (plane === null || (history.revision === revision && time.elapsedMs < readAt)) return null;
      revision = history.revision;
      readAt = time.elapsedMs + 30_000;
      for (const { latest } of history.vms.values()) {
        const vm = latest === null ? undefined : plane.model.get(latest.record.name);
        const problem = vm === undefined ? null : whatIsWrong(vm.reading, plane.ctx.clock.now());
        if (problem !== null) return `${latest?.record.name}: ${problem}`;
      }
      return null;
    },
  };
}

function whatIsWrong(reading: VmReading, now: number): string | null {
  const { phase, reason, waiting } = reading;
  if (!phases.includes(phase)) return `no such phase: ${phase}`;
  if (isTransient(phase)) {
    if (waiting === null || waiting.message === '') return `${phase} waits for nothing`;
    if (!(waiting.deadline > now && waiting.deadline <= now + latestDeadlineMs)) {
      return `${phase} waits for ${waiting.for} until ${waiting.deadline - now} ms from now`;
    }
  } else if (waiting !== null) return `${phase} waits for ${waiting.for}`;
  const needsReason = phase === 'pending' || phase === 'error' || phase === 'orphaned';
  if (needsReason !== (reason !== null))
    return `${phase} ${reason === null ? 'without a' : 'with the'} reason ${reason?.code ?? ''}`;
  if (reason !== null && (reason.code === '' || reason.message === '' || reason.nextAction === '')) {
    return `${phase} with a reason that does not say what to do: ${JSON.stringify(reason)}`;
  }
  return whatHashIsWrong(reading);
}

/** Spec §2: what is in sync runs what is wanted, by hash; only what an adopted process was started from is unknown. */
function whatHashIsWrong({ inSync, view }: VmReading): string | null {
  const running = liveIncarnation(currentObservation(view)?.instance ?? null);
  if (!inSync || running === null || running.runningHash === unknownHash) return null;
  const { specHash } = view.record;
  return running.runningHash === specHash ? null : `in sync, but ${running.runningHash} runs and ${specHash} is wanted`;
}
