import type { DesiredVm } from '../../core/instance/desired.ts';
import { asUid } from '../../core/kit/brand.ts';
import type { Assignment, AssignmentRevision } from '../../core/node/assignment.ts';
import type * as wire from '../generated/node.ts';
import { bodyOf, type KeptBodies, type SentBodies, type SpecBody } from './bodies.ts';
import { assignedPhaseCodec, stopModeCodec } from './enums.ts';
import { fromWide, known, toWide } from './scalars.ts';

export function revisionToWire(revision: AssignmentRevision, to: wire.Revision): void {
  to.epoch = toWide(revision.epoch);
  to.revision = toWide(revision.revision);
}

export const revisionFromWire = (from: wire.Revision): AssignmentRevision => ({
  epoch: fromWide(from.epoch, 'epoch'),
  revision: fromWide(from.revision, 'revision'),
});

/** The whole set by name; of the bodies only those the node lacks. */
export function assignmentToWire(assignment: Assignment, sent: SentBodies, to: wire.Assignment): void {
  to.clusterId = assignment.clusterId;
  revisionToWire(assignment.at, to._initAt());
  const { bodies, forget } = sent.take(assignment.instances.map(({ spec }) => spec));
  to.forget = forget;
  bodiesToWire(bodies, to._initBodies(bodies.length));
  const entries = to._initEntries(assignment.instances.length);
  for (const [i, desired] of assignment.instances.entries()) entryToWire(desired, entries.get(i));
}

export function bodiesToWire(bodies: readonly SpecBody[], to: { get(index: number): wire.Body }): void {
  for (const [i, { hash, json }] of bodies.entries()) {
    const at = to.get(i);
    at.hash = hash;
    at.json = json;
  }
}

function entryToWire(desired: DesiredVm, to: wire.Entry): void {
  to.uid = desired.uid;
  to.name = desired.name;
  to.generation = toWide(desired.generation);
  to.placement = toWide(desired.placement);
  to.phase = assignedPhaseCodec.toWire(desired.desiredPhase);
  to.paused = desired.desiredPaused;
  to.run = toWide(desired.run);
  to.stopMode = stopModeCodec.toWire(desired.stopMode);
  to.specHash = desired.specHash;
  to.body = bodyOf(desired.spec).hash;
  const pins = Object.entries(desired.pinnedImages);
  const list = to._initPins(pins.length);
  for (const [i, [url, sha256]] of pins.entries()) {
    const at = list.get(i);
    at.url = url;
    at.sha256 = sha256;
  }
}

/**
 * Throws `Undecodable` when any entry cannot be read: half a set would read as "the others are unassigned", so an agent too
 * old for one entry keeps the assignment it has.
 */
export function assignmentFromWire(from: wire.Assignment, kept: KeptBodies): Assignment {
  if (from.forget) kept.forget();
  for (const body of from.bodies) kept.keep(body.hash.toUint8Array(), body.json.toUint8Array());
  return {
    clusterId: from.clusterId,
    at: revisionFromWire(from.at),
    instances: from.entries.map((entry) => entryFromWire(entry, kept)),
  };
}

const entryFromWire = (from: wire.Entry, kept: KeptBodies): DesiredVm => ({
  uid: asUid(from.uid),
  name: from.name,
  generation: fromWide(from.generation, 'entry.generation'),
  placement: fromWide(from.placement, 'entry.placement'),
  desiredPhase: known(assignedPhaseCodec.fromWire(from.phase), 'entry.phase'),
  desiredPaused: from.paused,
  run: fromWide(from.run, 'entry.run'),
  stopMode: known(stopModeCodec.fromWire(from.stopMode), 'entry.stop_mode'),
  spec: kept.find(from.body.toUint8Array()),
  specHash: from.specHash,
  pinnedImages: Object.fromEntries(from.pins.map(({ url, sha256 }) => [url, sha256])),
});
