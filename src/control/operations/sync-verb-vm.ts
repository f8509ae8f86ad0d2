/**
 * The synchronous verbs pause, resume and reset: `200` with the document after one call over the node's own connection
 * (spec §4). Desired state is committed before the call; the observation that followed the call is readable before the
 * answer. Not connected: nothing was changed. Lost after it was sent: the outcome is unknown, and passes complete the
 * wish.
 */
import { decidePause, type PauseVerb } from '../../core/desired/decide-verb.ts';
import { liveIncarnation, phaseWords } from '../../core/instance/phase.ts';
import type { Uid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import { nodeOf } from '../../core/placement/placement.ts';
import type { CachedVm } from '../cached-vm.ts';
import { nodeCallMs } from '../control-config.ts';
import type { IngestObservation } from '../ingest-report.ts';
import type { Caller, Mutated, Mutation } from '../mutate.ts';
import type { NodeSession } from '../node-sessions.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { type StoredAnswer, vmKey } from '../rows.ts';
import {
  checkNotDeleted,
  checkPrecondition,
  findVm,
  type OperationContext,
  observedOf,
  type Precondition,
  type VmRef,
} from './context.ts';
import { notRunningDetails } from './not-running.ts';
import { bumped, requestEvent, vmRow } from './write-vm.ts';

export interface SyncDeps {
  readonly ctx: OperationContext;
  readonly ingest: IngestObservation;
}

/** What was decided in the request's commit, for the call that follows it. */
interface Called {
  readonly uid: Uid;
  readonly name: string;
  readonly node: string | null;
  /** The generation that the node has to reach; null = it was so already. */
  readonly generation: number | null;
}

/**
 * Resolves with the name of the VM, whose document then shows the result. Everything that may refuse the request is checked
 * within its mutation, so that a repetition gets the answer of the first one, whatever has become of the VM and its node.
 */
export async function pauseVm(
  { ctx, ingest }: SyncDeps,
  caller: Caller,
  ref: VmRef,
  { verb, precondition }: { readonly verb: PauseVerb; readonly precondition: Precondition },
): Promise<Mutated<string> | Refusal> {
  const call = async ({ uid, name, node, generation }: Called): Promise<void> => {
    if (generation === null) return;
    const session = ctx.sessions.get(node ?? '');
    if (session === undefined) throw outcomeUnknown(verb, name, 'its node disconnected');
    const observed = await callNode(ctx, session, { verb, name }, (signal) =>
      session.service.converge(uid, generation, signal),
    );
    await ingest(session, observed);
    if (observed.observedGeneration < generation && !isObeyed(observed, verb, generation)) {
      throw outcomeUnknown(verb, name, 'the node has not made it true yet');
    }
  };
  const mutated = await ctx.mutator.run(
    caller,
    (now) => pauseMutation(ctx, caller, ref, verb, precondition, now),
    call,
  );
  return named(mutated);
}

function pauseMutation(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  verb: PauseVerb,
  precondition: Precondition,
  now: number,
): Mutation<Called> | Refusal {
  const vm = checkVm(ctx, ref, precondition);
  if (isRefused(vm)) return vm;
  const decision = decidePause(verb, vm.reading);
  if (decision.kind === 'refuse') return refuse(decision.code, decision.message, notRunningDetails(vm.reading));
  const expect = [{ key: vmKey(vm.record.name), modRevision: vm.revision }];
  const called = { uid: vm.record.uid, name: vm.record.name, node: nodeOf(vm.view.placement) };
  const stored = callAnswer(called);
  if (decision.kind === 'already') return { expect, put: [], result: { ...called, generation: null }, stored };
  ctx.sessions.require(called.node, `${verb} VM "${called.name}"`);
  const record = bumped(vm.record, decision.change, now);
  const message = `${verb} of VM "${record.name}" was asked for (generation ${record.generation})`;
  const event = requestEvent(ctx, { code: `vm_${verb}_requested`, message, record, caller, now });
  return { expect, put: [vmRow(record), event], result: { ...called, generation: record.generation }, stored };
}

const callAnswer = ({ uid, name }: Pick<Called, 'uid' | 'name'>): StoredAnswer => ({
  status: 200,
  body: { uid, name },
  location: null,
  revisionOfCommit: false,
});

function named(mutated: Mutated<Called> | Refusal): Mutated<string> | Refusal {
  return isRefused(mutated) || mutated.kind === 'replayed' ? mutated : { ...mutated, result: mutated.result.name };
}

/** The guest is as asked. What else the generation asks for (a newer run that is held up, say) is not what was called for. */
function isObeyed(observed: ObservedInstance, verb: PauseVerb, generation: number): boolean {
  const wanted = verb === 'pause' ? 'paused' : 'running';
  return observed.seenGeneration >= generation && observed.incarnation?.state === wanted;
}

/** One reset of the machine: changes no desired state, is done once and never retried. */
export async function resetVm(
  { ctx, ingest }: SyncDeps,
  caller: Caller,
  ref: VmRef,
  precondition: Precondition,
): Promise<Mutated<string> | Refusal> {
  const call = async ({ uid, name, node }: Called): Promise<void> => {
    const session = ctx.sessions.get(node ?? '');
    if (session === undefined) throw outcomeUnknown('reset', name, 'its node disconnected');
    const observed = await callNode(ctx, session, { verb: 'reset', name }, (signal) =>
      session.service.reset(uid, signal),
    );
    await ingest(session, observed);
  };
  return named(await ctx.mutator.run(caller, (now) => resetMutation(ctx, caller, ref, precondition, now), call));
}

function resetMutation(
  ctx: OperationContext,
  caller: Caller,
  ref: VmRef,
  precondition: Precondition,
  now: number,
): Mutation<Called> | Refusal {
  const vm = checkVm(ctx, ref, precondition);
  if (isRefused(vm)) return vm;
  const { record, reading, view } = vm;
  const { name, uid } = record;
  const state = liveIncarnation(observedOf(view))?.state;
  if (state !== 'running' && state !== 'paused') {
    const message = `Cannot reset VM "${name}": it is ${phaseWords(reading.phase)}`;
    return refuse('not_running', message, notRunningDetails(reading));
  }
  const called = { uid, name, node: nodeOf(vm.view.placement), generation: null };
  ctx.sessions.require(called.node, `reset VM "${name}"`);
  const event = requestEvent(ctx, { code: 'vm_reset', message: `VM "${name}" was reset`, record, caller, now });
  return { expect: [], put: [event], result: called, stored: callAnswer(called) };
}

function checkVm(ctx: OperationContext, ref: VmRef, precondition: Precondition): CachedVm | Refusal {
  const vm = findVm(ctx.model, ref);
  if (isRefused(vm)) return vm;
  return checkNotDeleted(vm) ?? checkPrecondition(vm, precondition) ?? vm;
}

/** After these it is certain that nothing was done. */
const ownWords: ReadonlySet<string> = new Set(['not_running', 'unreadable_order']);

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
    if (error instanceof Fault && ownWords.has(error.code)) throw error;
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
