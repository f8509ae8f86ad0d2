import { inPlaceSpec } from '../../core/instance/in-place.ts';
import { recordDisksMade } from '../../core/instance/record-disks.ts';
import { recordOperationFailed } from '../../core/instance/record-outcome.ts';
import { invariant } from '../../core/kit/exhaustive.ts';
import { monitorTimeoutMs } from '../agent-config.ts';
import { changeRecord } from '../change-record.ts';
import { choosePorts } from './choose-ports.ts';
import { logUnforeseen, reasonOfFault } from './fault-reason.ts';
import { type Performing, provenTarget } from './performing.ts';

/** Changes the live process in place. A failure is kept on the instance and tried again with backoff; the guest goes on. */
export async function performUpdate(performing: Performing, fields: readonly string[]): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  const { runtime, ref } = provenTarget(performing);
  try {
    // A forward that was just added may ask for a port of the node's choice; it is fixed before it is used.
    const hostPorts = choosePorts(performing);
    await changeRecord(ctx, slot, (record) =>
      samePorts(record.hostPorts, hostPorts) ? record : { ...record, hostPorts },
    );
    const limit = ctx.deps.clock.timeout(monitorTimeoutMs, signal);
    const { facts } = slot.evidence;
    invariant(facts !== null, 'a change in place follows a look at the process');
    const wanted = inPlaceSpec(desired.spec, facts, fields);
    await runtime.update(ref, wanted, hostPorts, limit);
    await changeRecord(ctx, slot, (record) => recordDisksMade(record, wanted));
  } catch (error) {
    if (signal.aborted) throw error;
    logUnforeseen(performing, error);
    const moment = { now: ctx.deps.clock.now(), chance: ctx.deps.random.next() };
    const reason = reasonOfFault(error, 'realisation_failed', moment.now);
    await changeRecord(ctx, slot, (record) => recordOperationFailed(record, desired, reason, moment));
    ctx.events.add(slot.uid, reason.code, reason.message);
  }
}

const samePorts = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([key, port]) => b[key] === port);
