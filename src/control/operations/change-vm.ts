/**
 * From what a VM was declared as to what it shall be: shared by PATCH, resize and apply, so that a change costs the
 * same whoever asks (spec §2 "Cost of a change"). Pure but for reads; the caller commits.
 */
import { unmadeDisks } from '../../core/convergence/unmade-disks.ts';
import { type ApplyMode, decideApplyMode, type OnRestart } from '../../core/desired/decide-apply-mode.ts';
import { decideVerb } from '../../core/desired/decide-verb.ts';
import { explainRefusal } from '../../core/desired/explain-refusal.ts';
import { type LiveHeadroom, needsRestart, planChange } from '../../core/desired/plan-change.ts';
import { type PlannedChange, withoutLoss } from '../../core/desired/planned-change.ts';
import type { DeclaredVm } from '../../core/instance/declared.ts';
import { isHeldOff, liveIncarnation } from '../../core/instance/phase.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import { runningSpec } from '../../core/instance/running-spec.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { TimeMs } from '../../core/kit/brand.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import { shareParts } from '../../core/kit/share-parts.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import { hashSpec } from '../../wire/hash-spec.ts';
import { refusedOffences, renderPlan } from '../../wire/manifest/render-plan.ts';
import type { CachedVm } from '../cached-vm.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { type OperationContext, observedOf } from './context.ts';
import { refuseOffences } from './refuse-offences.ts';
import { bumped, touched } from './write-vm.ts';

export interface ChangeConsent {
  readonly onRestart: OnRestart;
  readonly allowReplace: boolean;
  /** `change`, `resize`, `apply`: the verb of a refusal's message. */
  readonly verb: string;
  /** Number of the document in an apply, for offences. */
  readonly document: number;
}

export interface VmChange {
  /** Identical to the old record when nothing changes. */
  readonly record: VmRecord;
  readonly changes: readonly PlannedChange[];
  /** The generation grew. */
  readonly desiredChanged: boolean;
  /** The guest that runs is restarted with it. */
  readonly restarts: boolean;
  /** That restart was asked for before. */
  readonly joinsRestart: boolean;
  readonly deferred: boolean;
}

/** `phase`: what the document asks for; null = stays as it is. */
export function changeVm(
  ctx: OperationContext,
  vm: CachedVm,
  { declared, phase }: { readonly declared: DeclaredVm; readonly phase: 'running' | 'stopped' | null },
  consent: ChangeConsent,
  now: TimeMs,
): VmChange | Refusal {
  const { record } = vm;
  const spec = specOf(ctx, record, declared);
  const refusal = checkSpec(record.name, spec);
  if (refusal !== null) return refusal;
  const wish = phase === record.desiredPhase ? null : phase;
  // Labels change all day: what runs is only looked at for a change that may reach it.
  if (spec === record.spec && wish === null) return notedVm(record, declared, now);
  const live = spec === record.spec ? null : headroomOf(vm, spec);
  const changes = withoutLoss(planChange(record.spec, spec, live), unmadeDisks(vm.view));
  const running = isGuestRunning(vm) && phase !== 'stopped';
  const restartAsked = live?.restartAsked ?? isRestartAsked(vm);
  const mode = decideApplyMode(changes, { running, restartAsked, ...consent });
  if (mode.kind === 'refuse') return refuseChange(mode, vm, { to: spec, live, ...consent });
  const verb = wish === null ? null : decideVerb(phaseVerb(wish), vm.reading);
  const verbChange = verb?.kind === 'change' ? verb.change : {};
  if (changes.length === 0 && verb?.kind !== 'change') return notedVm(record, declared, now);
  const restarts = (mode.bumpRun || startsAnew(vm, changes, consent)) && verbChange.run === undefined;
  const next = bumped(
    record,
    {
      ...userFieldsOf(record, declared),
      spec,
      // What no guest sees is not in the hash.
      specHash: changes.every(({ because }) => because === 'not_seen_by_guest') ? record.specHash : hashSpec(spec),
      ...verbChange,
      ...(restarts ? { run: record.run + 1, changeRuns: changeRunsOf(record) + 1, stopMode: 'graceful' as const } : {}),
    },
    now,
  );
  const { joinsRestart } = mode;
  return {
    ...{ record: next, changes, desiredChanged: true },
    ...{ restarts: mode.bumpRun || joinsRestart, joinsRestart, deferred: mode.defer },
  };
}

/** What users say of a VM for themselves. */
function userFieldsOf(record: VmRecord, declared: DeclaredVm) {
  return {
    declared: shareParts(record.declared, declared as unknown as JsonObject),
    labels: declared.labels ?? {},
    annotations: declared.annotations ?? {},
    description: declared.description ?? null,
  };
}

/** A change that no guest sees, or none. */
function notedVm(record: VmRecord, declared: DeclaredVm, now: TimeMs): VmChange {
  const fields = userFieldsOf(record, declared);
  const noted = fields.declared === record.declared ? record : touched(record, fields, now);
  return { record: noted, changes: [], desiredChanged: false, ...undisturbed };
}

/** Of what disturbs no guest. */
export const undisturbed = { restarts: false, joinsRestart: false, deferred: false } as const;

/** Fields that no guest sees: the specification is not made from them. */
const unresolvedFields: ReadonlySet<string> = new Set(['labels', 'annotations', 'description', 'desired_phase']);

/** The specification of what is declared; the very same object as long as it says the same. */
function specOf(ctx: OperationContext, record: VmRecord, declared: DeclaredVm): VmSpec {
  const before = record.declared;
  const after = declared as unknown as JsonObject;
  const isTouched = (field: string): boolean => before[field] !== after[field] && !unresolvedFields.has(field);
  if (!someMember(after, isTouched) && !someMember(before, isTouched)) return record.spec;
  const resolved = resolveSpec(declared, { uid: record.uid, clusterArchitecture: ctx.config.architecture });
  return shareParts(record.spec, resolved);
}

/** Makes no list of them: each change of a label goes through it. */
function someMember(object: JsonObject, test: (name: string) => boolean): boolean {
  for (const name in object) if (test(name)) return true;
  return false;
}

const phaseVerb = (phase: 'running' | 'stopped') => (phase === 'running' ? 'start' : 'stop');

function isGuestRunning(vm: CachedVm): boolean {
  const live = liveIncarnation(observedOf(vm.view));
  return vm.record.desiredPhase === 'running' && live !== null && live.startedAt !== null;
}

/**
 * No guest runs, as far as the node has said; it may since. With consent a new run comes, whatever has become of it. Without, the
 * node knows: what was never let go starts anew with the change, and a guest goes on (`awaiting_restart`).
 */
function startsAnew(vm: CachedVm, changes: readonly PlannedChange[], { onRestart }: ChangeConsent): boolean {
  if (onRestart !== 'restart') return false;
  const { record, view } = vm;
  const waits = changes.some(({ cost }) => cost === 'restart' || cost === 'replace');
  if (!waits || record.desiredPhase !== 'running' || isGuestRunning(vm)) return false;
  return view.placement?.kind === 'placed' && !isHeldOff(record, observedOf(view));
}

/** A restart was asked for, and the guest of the run before goes on (ADR 14): what it waits for is not there yet. */
function isRestartAsked(vm: CachedVm): boolean {
  const live = liveIncarnation(observedOf(vm.view));
  return isGuestRunning(vm) && live !== null && live.run < vm.record.run;
}

function headroomOf(vm: CachedVm, to: VmSpec): LiveHeadroom | null {
  const observed = isGuestRunning(vm) ? observedOf(vm.view) : null;
  const incarnation = observed?.incarnation;
  if (observed === null || observed.facts === null || incarnation == null) return null;
  const process = { started: incarnation.startedSpec, facts: observed.facts, hostPorts: observed.hostPorts };
  const { disks } = runningSpec(process, vm.record.spec);
  // A node that is away may have replaced it since, and a guest that is being stopped will be: nothing is said of either.
  const goesOn = incarnation.state === 'running' || incarnation.state === 'paused';
  const known = goesOn && vm.view.node?.health === 'ready';
  const spec = known ? { ...runningSpec(process, to), disks } : undefined;
  const restartAsked = isRestartAsked(vm) && !isTakenBack(vm.record, observed, { there: spec, to });
  return { ...observed.facts, disks, spec, restartAsked };
}

const changeRunsOf = ({ changeRuns }: VmRecord): number => changeRuns ?? 0;

/** All that the restart was asked for is taken back by a change to this: the node keeps the guest that runs. */
function isTakenBack(
  record: VmRecord,
  { incarnation, facts }: ObservedInstance,
  { there, to }: { readonly there: VmSpec | undefined; readonly to: VmSpec },
): boolean {
  if (there === undefined || facts === null || incarnation === null) return false;
  return incarnation.run >= record.run - changeRunsOf(record) && !needsRestart(there, to, facts);
}

/** What the whole cluster has to say to a specification, wherever it is placed. */
export function checkSpec(name: string, spec: VmSpec): Refusal | null {
  if (spec.nodeLossPolicy !== 'restart_elsewhere') return null;
  const message = `Cannot accept node_loss_policy 'restart_elsewhere' for VM "${name}": no node has a working fencer`;
  return refuse('fencing_unavailable', message, { next_action: "Use node_loss_policy 'pin'" });
}

function refuseChange(
  mode: Extract<ApplyMode, { kind: 'refuse' }>,
  vm: CachedVm,
  request: Pick<ChangeConsent, 'verb' | 'document'> & { readonly to: VmSpec; readonly live: LiveHeadroom | null },
): Refusal {
  const { name, spec } = vm.record;
  const { message, nextAction } = explainRefusal(mode, { name, verb: request.verb, live: request.live });
  if (mode.code === 'validation_failed') {
    return refuseOffences(refusedOffences(mode.changes, request.document), name);
  }
  return refuse(mode.code, message, {
    changes: renderPlan(mode.changes, spec, request.to),
    ...(mode.code === 'would_destroy_data' ? { disks: [...mode.disks] } : {}),
    next_action: nextAction,
  });
}
