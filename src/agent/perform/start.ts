import { rootDiskName } from '../../core/desired/planned-change.ts';
import { isTriedAgain } from '../../core/instance/decide-start.ts';
import type { FailureCode } from '../../core/instance/failure-reason.ts';
import { isDestroyable } from '../../core/instance/incarnation.ts';
import type { ProcessProof } from '../../core/instance/process.ts';
import { newRecord } from '../../core/instance/record.ts';
import { recordDisksMade } from '../../core/instance/record-disks.ts';
import {
  beginIncarnation,
  recordGuestState,
  recordSpawned,
  recordStarting,
} from '../../core/instance/record-incarnation.ts';
import { isFailedAgain, recordSeen, recordStartFailed } from '../../core/instance/record-outcome.ts';
import { isRootKept } from '../../core/instance/root-disk.ts';
import { lastingDisks } from '../../core/instance/spec.ts';
import { asIncarnationId } from '../../core/kit/brand.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { Runtime, VmArtefacts } from '../../ports/runtime.ts';
import { monitorTimeoutMs, spawnTimeoutMs } from '../agent-config.ts';
import { runtimeOf } from '../agent-context.ts';
import { changeRecord, saveRecord } from '../change-record.ts';
import { withoutTaken } from '../host-ports.ts';
import { setStage } from '../stage.ts';
import { watchProcess } from '../watch-process.ts';
import { checkNode } from './check-node.ts';
import { choosePorts } from './choose-ports.ts';
import { ensureImages, unpinOthers } from './ensure-images.ts';
import { logUnforeseen, reasonOfFault } from './fault-reason.ts';
import { liveTarget, type Performing, provenTarget } from './performing.ts';
import { refuseKeptRoot } from './refuse-kept-root.ts';

/**
 * A new incarnation (spec F4):
 *
 *   journal creating → images → files → journal starting → let go of other images → spawn frozen
 *     → process exists: journal proof, while the monitor is awaited → both done: let the guest go → journal running
 *
 * A crash between any two steps leaves a record from which the next look finds out what exists; no guest ever executes
 * without a durable proof of its process.
 */
export async function performStart(performing: Performing): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  setStage(performing, 'start_slot', 'Waiting for a place among the instances being prepared');
  using _place = await ctx.preparing.acquire(signal);
  await clearBefore(performing);
  const { clock, random } = ctx.deps;
  const before = slot.record ?? recordSeen(newRecord(slot.uid, desired.name, desired.placement), desired);
  await saveRecord(ctx, slot, beginIncarnation(before, desired, asIncarnationId(random.uuid()), clock.now()));

  const made = await makeFiles(performing).catch((error) => failStart(performing, error, 'realisation_failed'));
  if (made === null) return;
  using _turn = made.turn;
  using _moved = { [Symbol.dispose]: () => noteMoved(performing) };
  if (!(await spawnFrozen(performing, made.runtime, made.artefacts))) return;
  await letGo(performing);
}

function noteMoved({ ctx }: Performing): void {
  ctx.startsMovedAt = ctx.deps.clock.now();
}

/** What the incarnation before left behind (a crash may have come between its end and the clearing). */
async function clearBefore(performing: Performing): Promise<void> {
  const { ctx, slot, signal } = performing;
  const last = slot.record?.incarnation ?? null;
  if (last === null || !isDestroyable(last.state)) return;
  const ref = { uid: slot.uid, name: slot.record?.name ?? slot.uid, incarnationId: last.id };
  await runtimeOf(ctx, last.started.spec.runtime)?.clear(ref, signal);
}

interface Made {
  readonly runtime: Runtime;
  readonly artefacts: VmArtefacts;
  /** The place among starts in flight. */
  readonly turn: Disposable;
}

async function makeFiles(performing: Performing): Promise<Made> {
  const { ctx, slot, desired, signal } = performing;
  const runtime = await checkNode(performing);
  refuseKeptRoot(performing);
  const { artefacts, images, rootIdentity } = await ensureImages(performing);
  const hostPorts = choosePorts(performing);
  // Digest and ports are fixed before they are used: the next attempt, after a crash too, uses the same.
  await changeRecord(ctx, slot, (record) => ({ ...record, images, hostPorts }));
  setStage(performing, 'start_slot', 'Waiting for a place among the starts in flight');
  const turn = await ctx.starts.acquire(signal);
  try {
    setStage(performing, 'disks', 'Making disks and seed');
    const madeFrom = slot.record?.rootMadeFrom ?? null;
    const isKept = slot.record !== null && isRootKept(desired, slot.record);
    const replaceRoot = madeFrom !== null && madeFrom !== rootIdentity && !isKept;
    const orderedBy = slot.record?.orderedBy ?? null;
    const lasting = lastingDisks(desired.spec).filter((name) => slot.record?.disksMade.includes(name));
    const madeBefore = [...(madeFrom === null ? [] : [rootDiskName]), ...lasting];
    const files = { uid: slot.uid, name: desired.name, spec: desired.spec, artefacts, replaceRoot, madeBefore };
    await runtime.realise(files, signal);
    const now = ctx.deps.clock.now();
    await changeRecord(ctx, slot, (record) => {
      const made = recordDisksMade(record, desired.spec, orderedBy);
      return recordStarting({ ...made, rootMadeFrom: isKept ? madeFrom : rootIdentity }, now);
    });
    // Done here, where a crash has it repeated: after the start nothing would ever unpin what the run before was made of.
    await unpinOthers(performing, images);
    signal.throwIfAborted();
    return { runtime, artefacts, turn };
  } catch (error) {
    turn[Symbol.dispose]();
    throw error;
  }
}

/** False when it did not come to a process of ours. A spawn is never cut short: half a spawn is a process nobody knows. */
async function spawnFrozen(performing: Performing, runtime: Runtime, artefacts: VmArtefacts): Promise<boolean> {
  const { ctx, slot, desired } = performing;
  const { ref } = liveTarget(performing);
  setStage(performing, 'hypervisor_monitor', 'Starting the hypervisor');
  try {
    const hostPorts = slot.record?.hostPorts ?? {};
    const limit = ctx.deps.clock.timeout(spawnTimeoutMs);
    const onProcess = (proof: ProcessProof): Promise<void> => {
      const now = ctx.deps.clock.now();
      return changeRecord(ctx, slot, (record) => recordSpawned(record, proof, now));
    };
    await runtime.spawn({ ...ref, spec: desired.spec, artefacts, hostPorts, onProcess }, limit);
    watchProcess(ctx, slot);
    return true;
  } catch (error) {
    // F4: a lock held by somebody is no failed spawn; a pid file says that a process was started. The next look finds out.
    const code = faultCode(error);
    if (code === 'instance_locked' || code === 'already_started') throw error;
    const seen = await runtime.observe(ref, null, ctx.deps.clock.timeout(monitorTimeoutMs));
    if (seen.process.life === 'alive' || seen.process.life === 'inconclusive') throw error;
    await failStart(performing, error, 'hypervisor_spawn_failed');
    return false;
  }
}

async function letGo(performing: Performing): Promise<void> {
  const { ctx, slot, desired, signal } = performing;
  signal.throwIfAborted();
  const { runtime, ref } = provenTarget(performing);
  await runtime.resume(ref, ctx.deps.clock.timeout(monitorTimeoutMs));
  const now = ctx.deps.clock.now();
  const failed = slot.record?.failure ?? null;
  await changeRecord(ctx, slot, (record) => recordGuestState(record, desired, 'running', now));
  if (!isTriedAgain(failed, desired)) return;
  // Its tries were not told, so its success is.
  const message = `VM "${desired.name}": started, at try ${(slot.record?.restart.attempt ?? 0) + 1}`;
  ctx.events.add(slot.uid, 'started', message);
}

/** No process is left of the attempt. Pre-emption and the agent's own end are no failures: the next look unwinds. */
async function failStart(performing: Performing, error: unknown, otherwise: FailureCode) {
  const { ctx, slot, desired, signal } = performing;
  const overdue = signal.aborted && faultCode(signal.reason) === 'operation_deadline_exceeded';
  if (signal.aborted && !overdue) throw error;
  const cause = overdue ? signal.reason : error;
  logUnforeseen(performing, cause);
  const moment = { now: ctx.deps.clock.now(), chance: ctx.deps.random.next() };
  const reason = reasonOfFault(cause, otherwise, moment.now);
  const portTaken = faultCode(error) === 'port_conflict';
  const isNews = slot.record === null || !isFailedAgain(slot.record, reason, desired.generation);
  await changeRecord(ctx, slot, (record) => {
    const failed = recordStartFailed(record, desired, reason, moment);
    return portTaken ? { ...failed, hostPorts: withoutTaken(failed.hostPorts, error) } : failed;
  });
  if (isNews) ctx.events.add(slot.uid, reason.code, reason.message);
  return null;
}
