import type { AssignedPhase, DesiredVm } from '../../core/instance/desired.ts';
import { resolveSpec } from '../../core/instance/resolve-spec.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import { asUid } from '../../core/kit/brand.ts';
import type { Assignment, AssignmentRevision, UnreadableOrder } from '../../core/node/assignment.ts';
import type * as wire from '../generated/node.ts';
import { bodyKeyOf, hashOfKey, type KeptBodies, keyOfHash, type SentBodies, type SpecBody } from './bodies.ts';
import { Undecodable } from './decode.ts';
import { assignedPhaseCodec, stopModeCodec } from './enums.ts';
import type { KeptPages, ReadEntries, SentPages } from './pages.ts';
import { fromWide, known, toWide } from './scalars.ts';

export function revisionToWire(revision: AssignmentRevision, to: wire.Revision): void {
  to.epoch = toWide(revision.epoch);
  to.revision = toWide(revision.revision);
}

export const revisionFromWire = (from: wire.Revision): AssignmentRevision => ({
  epoch: fromWide(from.epoch, 'epoch'),
  revision: fromWide(from.revision, 'revision'),
});

/** What was sent of assignments in one session. */
export interface SentAssignments {
  /** Null: the other side is older than pages. */
  readonly pages: SentPages | null;
  readonly bodies: SentBodies;
}

/**
 * The whole set by the names of its pages; pages and bodies only as far as the node lacks them, by what it says it saw
 * last.
 */
export function assignmentToWire(
  assignment: Assignment,
  lastSeen: AssignmentRevision | null,
  sent: SentAssignments,
  to: wire.Assignment,
): void {
  to.clusterId = assignment.clusterId;
  revisionToWire(assignment.at, to._initAt());
  const { instances } = assignment;
  const pages = sent.pages?.take(instances, assignment.at, lastSeen);
  const lacking = pages === undefined ? instances : pages.lacking.flatMap((page) => page.instances);
  const { bodies, forget } = sent.bodies.take(lacking.map(({ spec }) => spec));
  to.forget = forget;
  bodiesToWire(bodies, to._initBodies(bodies.length));
  if (pages === undefined) entriesToWire(instances, to._initEntries(instances.length));
  else pagesToWire(pages, to);
}

function pagesToWire({ all, lacking }: ReturnType<SentPages['take']>, to: wire.Assignment): void {
  const names = to._initNames(all.length);
  for (const [i, { key }] of all.entries()) {
    const name = hashOfKey(key);
    names.init(i, name.length).copyBuffer(name);
  }
  const pages = to._initPages(lacking.length);
  for (const [i, { key, instances }] of lacking.entries()) {
    const page = pages.get(i);
    page.name = hashOfKey(key);
    entriesToWire(instances, page._initEntries(instances.length));
  }
}

export function bodiesToWire(bodies: readonly SpecBody[], to: { get(index: number): wire.Body }): void {
  for (const [i, { key, json }] of bodies.entries()) {
    const at = to.get(i);
    at.hash = hashOfKey(key);
    at.json = json;
  }
}

function entriesToWire(instances: readonly DesiredVm[], to: { get(index: number): wire.Entry }): void {
  for (const [i, desired] of instances.entries()) entryToWire(desired, to.get(i));
}

export function entryToWire(desired: DesiredVm, to: wire.Entry): void {
  to.uid = desired.uid;
  to.name = desired.name;
  to.generation = toWide(desired.generation);
  to.placement = toWide(desired.placement);
  to.phase = assignedPhaseCodec.toWire(desired.desiredPhase);
  to.paused = desired.desiredPaused;
  to.run = toWide(desired.run);
  to.changeRuns = toWide(desired.changeRuns);
  to.stopMode = stopModeCodec.toWire(desired.stopMode);
  to.specHash = desired.specHash;
  to.body = hashOfKey(bodyKeyOf(desired.spec));
  const pins = Object.entries(desired.pinnedImages);
  const list = to._initPins(pins.length);
  for (const [i, [url, sha256]] of pins.entries()) {
    const at = list.get(i);
    at.url = url;
    at.sha256 = sha256;
  }
}

/**
 * An entry in words of a newer control plane costs that entry only: it is told as named, and unreadable. Left out it would read
 * as unassigned. Throws `Undecodable` where the message itself is not whole.
 */
export function assignmentFromWire(from: wire.Assignment, kept: KeptAssignments): Assignment {
  const { pages, bodies } = kept;
  if (from.forget) bodies.forget();
  for (const body of from.bodies) bodies.keep(body.hash.toUint8Array(), body.json.toUint8Array());
  const received = new Map(
    from.pages.map((page) => [keyOfHash(page.name.toUint8Array()), entriesFromWire(page.entries, bodies)]),
  );
  const names = from.names.map((name) => keyOfHash(name.toUint8Array()));
  // A control plane that is older than pages names none of them.
  const entries = names.length === 0 ? entriesFromWire(from.entries, bodies) : pages.take(names, received);
  const { instances, unreadable } = entries;
  const whole = { clusterId: from.clusterId, at: revisionFromWire(from.at), instances };
  return unreadable.length === 0 ? whole : { ...whole, unreadable };
}

function entriesFromWire(from: wire.Assignment['entries'], bodies: KeptBodies): ReadEntries {
  const instances: DesiredVm[] = [];
  const unreadable: UnreadableOrder[] = [];
  for (const entry of from) {
    if (!bodies.has(entry.body.toUint8Array())) throw new Undecodable('body', 'a body that was sent');
    try {
      instances.push(entryFromWire(entry, bodies));
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      unreadable.push({ uid: asUid(entry.uid), name: entry.name, because: `${error.message}: this agent is older` });
    }
  }
  return { instances, unreadable };
}

/** What is held of assignments: pages for one session, bodies for the life of the agent. */
export interface KeptAssignments {
  readonly pages: KeptPages;
  readonly bodies: KeptBodies;
}

/** An instance that is to go is made from nothing: an unreadable specification is no reason to keep it. */
function specFromWire(from: wire.Entry, phase: AssignedPhase, kept: KeptBodies): VmSpec {
  try {
    return kept.find(from.body.toUint8Array());
  } catch (error) {
    if (!(error instanceof Undecodable) || (phase !== 'deleted' && phase !== 'released')) throw error;
    return resolveSpec({ name: from.name }, { uid: asUid(from.uid), clusterArchitecture: 'amd64' });
  }
}

/** Throws `Undecodable` for an order in words that this version does not have. */
export function entryFromWire(from: wire.Entry, kept: KeptBodies): DesiredVm {
  const desiredPhase = known(assignedPhaseCodec.fromWire(from.phase), 'phase');
  return {
    uid: asUid(from.uid),
    name: from.name,
    generation: fromWide(from.generation, 'generation'),
    placement: fromWide(from.placement, 'placement'),
    desiredPhase,
    desiredPaused: from.paused,
    run: fromWide(from.run, 'run'),
    // A control plane that is older says 0: each run was asked for by itself.
    changeRuns: fromWide(from.changeRuns, 'change_runs'),
    // Where this version does not know the mode, the gentle one.
    stopMode: stopModeCodec.fromWire(from.stopMode) ?? 'graceful',
    spec: specFromWire(from, desiredPhase, kept),
    specHash: from.specHash,
    pinnedImages: Object.fromEntries(from.pins.map(({ url, sha256 }) => [url, sha256])),
  };
}
