/** What an apply does to each VM, decided before anything is committed. */
import type { DeclaredVm } from '../../core/instance/declared.ts';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import { documentLimits } from '../../wire/manifest/limits.ts';
import type { Offence } from '../../wire/manifest/offence.ts';
import { parseVmDocument } from '../../wire/manifest/vm-document.ts';
import type { CachedVm } from '../cached-vm.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';
import { type ChangeConsent, changeVm, checkSpec, undisturbed, type VmChange } from './change-vm.ts';
import { checkNotDeleted, type OperationContext } from './context.ts';
import { nameTaken, newVmRecord } from './create-vm.ts';
import { checkDeletable, deletedRecord } from './delete-vm.ts';
import { checkDependencies, dependencyGuards } from './dependencies.ts';
import type { LabelSelector } from './label-selector.ts';
import { selectNames } from './label-selector.ts';
import { nameIn, refuseOffences } from './refuse-offences.ts';
import { type RoomTaken, takeRoom } from './take-room.ts';

export interface ApplyRequest {
  readonly documents: readonly unknown[];
  readonly consent: Pick<ChangeConsent, 'onRestart' | 'allowReplace'>;
  /** VMs that match and are in no document are deleted, at most `limit` of them. */
  readonly prune: { readonly selector: LabelSelector; readonly limit: number } | null;
}

type Action = 'create' | 'update' | 'unchanged' | 'delete';

/** What becomes of one VM. */
export interface Step extends VmChange {
  readonly action: Action;
  readonly before: CachedVm | null;
}

export interface Parsed {
  readonly documents: readonly { readonly declared: DeclaredVm; readonly uid: string | undefined }[];
}

/** Offences of all documents at once, names used twice included. */
export function parseAll(documents: readonly unknown[]): Parsed | Refusal {
  if (documents.length > documentLimits.documents) {
    return refuse(
      'batch_too_large',
      `Cannot apply ${documents.length} documents at once: at most ${documentLimits.documents}`,
      {
        documents: documents.length,
        limit: documentLimits.documents,
      },
    );
  }
  const offences: Offence[] = [];
  const parsed: Parsed['documents'][number][] = [];
  const firstByName = new Map<string, number>();
  for (const [document, value] of documents.entries()) {
    const result = parseVmDocument(value, { document, mode: 'manifest' });
    if (!result.ok) {
      offences.push(...result.offences.slice(0, documentLimits.offences - offences.length));
      continue;
    }
    const { name } = result.declared;
    const first = firstByName.get(name);
    if (first !== undefined) {
      const message = `Name "${name}" is already used by document ${first}`;
      offences.push({
        document,
        path: '$.name',
        code: 'duplicate',
        message,
        got: name,
        expected: 'unique in the batch',
        other_document: first,
      });
    }
    firstByName.set(name, first ?? document);
    parsed.push({ declared: result.declared, uid: result.uid });
  }
  const only = documents.length === 1 ? nameIn(documents[0]) : null;
  if (offences.length > 0) return refuseOffences(offences.slice(0, documentLimits.offences), only);
  return { documents: parsed };
}

export function planSteps(
  ctx: OperationContext,
  documents: Parsed['documents'],
  { consent, prune }: ApplyRequest,
  now: number,
): { readonly steps: readonly Step[]; readonly room: RoomTaken } | Refusal {
  const steps: Step[] = [];
  for (const [document, { declared, uid }] of documents.entries()) {
    const step = planDocument(ctx, declared, uid, { ...consent, verb: 'apply', document }, now);
    if (isRefused(step)) return { ...step, details: { ...step.details, document, name: declared.name } };
    steps.push(step);
  }
  const records = steps.map(({ record }) => record);
  const cycle = checkDependencies(ctx, records);
  if (cycle !== null) return cycle;
  const room = takeRoom(
    ctx,
    steps.flatMap(({ before, record }) => (before === null ? [] : [{ before, record }])),
  );
  if (isRefused(room)) return room;
  const guarded = { ...room, expect: [...room.expect, ...dependencyGuards(ctx, records)] };
  const pruned = prune === null ? [] : planPrune(ctx, records, prune, now);
  return isRefused(pruned) ? pruned : { steps: [...steps, ...pruned], room: guarded };
}

function planDocument(
  ctx: OperationContext,
  declared: DeclaredVm,
  uid: string | undefined,
  consent: ChangeConsent,
  now: number,
): Step | Refusal {
  const vm = ctx.model.get(declared.name) ?? null;
  if (uid !== undefined && vm?.record.uid !== uid) {
    const holds = vm === null ? 'no VM of that name exists' : `that name belongs to ${vm.record.uid}`;
    return refuse('uid_mismatch', `Cannot apply VM "${declared.name}" with uid ${uid.slice(0, 80)}: ${holds}`, {
      uid: vm?.record.uid ?? null,
    });
  }
  if (vm === null) {
    const record = newVmRecord(ctx, declared, now);
    const refusal = checkSpec(record.name, record.spec);
    if (refusal !== null) return refusal;
    return {
      action: 'create',
      before: null,
      record,
      changes: [],
      desiredChanged: true,
      ...undisturbed,
    };
  }
  if (vm.record.desiredPhase === 'deleted') return nameTaken(ctx, declared.name, vm.record.uid);
  const refusal = checkNotDeleted(vm);
  if (refusal !== null) return refusal;
  const change = changeVm(ctx, vm, { declared, phase: declared.desired_phase ?? null }, consent, now);
  if (isRefused(change)) return change;
  return { action: change.record === vm.record ? 'unchanged' : 'update', before: vm, ...change };
}

/** `kept`: what the documents make. */
function planPrune(
  ctx: OperationContext,
  kept: readonly VmRecord[],
  { selector, limit }: NonNullable<ApplyRequest['prune']>,
  now: number,
): readonly Step[] | Refusal {
  const names = new Set(kept.map(({ name }) => name));
  const leaving = selectNames(ctx.model, selector)
    .filter((name) => !names.has(name))
    .flatMap((name) => ctx.model.get(name) ?? [])
    .filter(({ record }) => record.desiredPhase !== 'deleted');
  if (leaving.length > limit) {
    const many = leaving.length === 1 ? '1 VM' : `${leaving.length} VMs`;
    return refuse('prune_limit', `Cannot prune ${many}: the limit is ${limit}; nothing was changed`, {
      names: leaving.slice(0, documentLimits.offences).map(({ record }) => record.name),
      count: leaving.length,
      limit,
    });
  }
  const steps = leaving.map((before): Step => {
    const record = deletedRecord(before.record, false, now);
    return { action: 'delete', before, record, changes: [], desiredChanged: true, ...undisturbed };
  });
  const changed = [...kept, ...steps.map(({ record }) => record)];
  for (const vm of leaving) {
    const refusal = checkDeletable(ctx, vm, { graceful: false, forget: false }, changed);
    if (refusal !== null) return refusal;
  }
  return steps;
}
