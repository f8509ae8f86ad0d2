/**
 * The synchronous verbs pause, resume and reset: `200` with the document after one call over the node's own connection
 * (spec §4). Desired state is committed before the call; the observation that followed the call is readable before the
 * answer. Not connected: nothing was changed. Lost after it was sent: the outcome is unknown, and passes complete the
 * wish.
 */
import { decidePause, type PauseVerb } from '../../core/desired/decide-verb.ts';
import { liveIncarnation } from '../../core/instance/phase.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import type { CachedVm } from '../cached-vm.ts';
import { nodeCallMs } from '../control-config.ts';
import type { IngestObservation } from '../ingest-report.ts';
import type { Caller, Mutated } from '../mutate.ts';
import type { NodeSession } from '../node-sessions.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { vmKey } from '../rows.ts';
import {
  checkNotDeleted,
  checkPrecondition,
  findVm,
  type OperationContext,
  observedOf,
  type Precondition,
  type VmRef,
} from './context.ts';
import { bumped, requestEvent, vmRow } from './write-vm.ts';

export interface SyncDeps {
  readonly ctx: OperationContext;
  readonly ingest: IngestObservation;
}

/** Resolves with the name of the VM, whose document then shows the result. */
export async function pauseVm(
  { ctx, ingest }: SyncDeps,
  caller: Caller,
  ref: VmRef,
  { verb, precondition }: { readonly verb: PauseVerb; readonly precondition: Precondition },
): Promise<Mutated<string> | Refusal> {
  const first = checkVm(ctx, ref, precondition);
  if (isRefused(first)) return first;
  const decided = decidePause(verb, first.reading);
  if (decided.kind === 'refuse') return refuse(decided.code, decided.message, { phase: first.reading.phase });
  if (decided.kind === 'change') ctx.sessions.require(nodeOf(first), `${verb} VM "${first.record.name}"`);
  const committed = await commitPause(ctx, caller, ref, verb, precondition);
  if (isRefused(committed) || committed.kind === 'replayed' || committed.result.generation === null) {
    return isRefused(committed) || committed.kind === 'replayed'
      ? committed
      : { ...committed, result: first.record.name };
  }
  const { uid, name, generation } = committed.result;
  const session = ctx.sessions.get(nodeOf(first) ?? '');
  if (session === undefined) throw outcomeUnknown(verb, name, 'its node disconnected');
  const observed = await callNode(ctx, session, { verb, name }, (signal) =>
    session.service.converge(uid, generation, signal),
  );
  await ingest(session, observed);
  if (observed.observedGeneration < generation && !isObeyed(observed, verb, generation)) {
    throw outcomeUnknown(verb, name, 'the node has not made it true yet');
  }
  return { ...committed, result: name };
}

/** The guest is as asked. What else the generation asks for (a newer run that is held up, say) is not what was called for. */
function isObeyed(observed: ObservedInstance, verb: PauseVerb, generation: number): boolean {
  const wanted = verb === 'pause' ? 'paused' : 'running';
  return observed.seenGeneration >= generation && observed.incarnation?.state === wanted;
}

interface Committed {
  readonly uid: Uid;
  readonly name: string;
  /** Null = it was so already. */
  readonly generation: number | null;
}

async function commitPause(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  verb: PauseVerb,
  precondition: Precondition,
): Promise<Mutated<Committed> | Refusal> {
  return await ctx.mutator.run<Committed>(caller, (now) => {
    const vm = checkVm(ctx, ref, precondition);
    if (isRefused(vm)) return vm;
    const decision = decidePause(verb, vm.reading);
    if (decision.kind === 'refuse') return refuse(decision.code, decision.message, { phase: vm.reading.phase });
    const expect = [{ key: vmKey(vm.record.name), modRevision: vm.revision }];
    const identity = { uid: vm.record.uid, name: vm.record.name };
    const stored = { status: 200, body: identity, location: null, revisionOfCommit: false };
    if (decision.kind === 'already') return { expect, put: [], result: { ...identity, generation: null }, stored };
    const record = bumped(vm.record, decision.change, now);
    const message = `${verb} of VM "${record.name}" was asked for (generation ${record.generation})`;
    const event = requestEvent(ctx, { code: `vm_${verb}_requested`, message, record, caller, now });
    return {
      expect,
      put: [vmRow(record), event],
      result: { ...identity, generation: record.generation },
      stored,
    };
  });
}

/** One reset of the machine: changes no desired state, is done once and never retried. */
export async function resetVm(
  { ctx, ingest }: SyncDeps,
  caller: Caller,
  ref: VmRef,
  precondition: Precondition,
): Promise<Mutated<string> | Refusal> {
  const vm = checkVm(ctx, ref, precondition);
  if (isRefused(vm)) return vm;
  const { name, uid } = vm.record;
  const state = liveIncarnation(observedOf(vm.view))?.state;
  if (state !== 'running' && state !== 'paused') {
    return refuse('not_running', `Cannot reset VM "${name}": it is ${vm.reading.phase}`, { phase: vm.reading.phase });
  }
  const session = ctx.sessions.require(nodeOf(vm), `reset VM "${name}"`);
  const stored = { status: 200, body: { uid, name }, location: null, revisionOfCommit: false };
  const event = (now: number) =>
    requestEvent(ctx, { code: 'vm_reset', message: `VM "${name}" was reset`, record: vm.record, caller, now });
  const committed = await ctx.mutator.run<string>(caller, (now) => ({
    expect: [],
    put: [event(now)],
    result: name,
    stored,
  }));
  if (isRefused(committed) || committed.kind === 'replayed') return committed;
  const observed = await callNode(ctx, session, { verb: 'reset', name }, (signal) =>
    session.service.reset(uid, signal),
  );
  await ingest(session, observed);
  return committed;
}

function checkVm(ctx: OperationContext, ref: VmRef, precondition: Precondition): CachedVm | Refusal {
  const vm = findVm(ctx.model, ref);
  if (isRefused(vm)) return vm;
  return checkNotDeleted(vm) ?? checkPrecondition(vm, precondition) ?? vm;
}

function nodeOf(vm: CachedVm): string | null {
  const { placement } = vm.view;
  return placement?.kind === 'placed' ? placement.node : null;
}

/**
 * Faults that are the contract's own words pass; everything else after the call was sent leaves the outcome unknown.
 */
async function callNode(
  ctx: OperationContext,
  session: NodeSession,
  { verb, name }: { readonly verb: string; readonly name: string },
  call: (signal: AbortSignal) => Promise<ObservedInstance>,
): Promise<ObservedInstance> {
  const done = new AbortController();
  const deadline = ctx.clock.timeout(nodeCallMs, AbortSignal.any([session.signal, done.signal]));
  try {
    return await call(deadline);
  } catch (error) {
    if (error instanceof Fault && error.code === 'not_running') throw error;
    throw outcomeUnknown(verb, name, error instanceof Error ? error.message : String(error));
  } finally {
    done.abort();
  }
}

function outcomeUnknown(verb: string, name: string, why: string): Fault {
  return new Fault('outcome_unknown', `Cannot tell whether ${verb} of VM "${name}" took effect: ${why}`, {
    retry: 'never',
    details: { next_action: `Read VM "${name}" again` },
  });
}
