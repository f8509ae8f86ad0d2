/**
 * Observations on the wire (S33: a type of its own, total conversions both ways). A reader older than the agent keeps what
 * it can: an unknown guest state or cause is `unknown`, an unknown waiter keeps its message, an unknown state of an
 * incarnation reads as what its guest does. An observation with a body nobody sent is unreadable, never another with it.
 */
import { asUid } from '../../core/kit/brand.ts';
import type { ObservedHealth, ObservedInstance, Waiting } from '../../core/node/observation.ts';
import type * as wire from '../generated/node.ts';
import type { KeptBodies } from './bodies.ts';
import { guestCodec, runEndCodec, unreadyWhatCodec, waitingForCodec } from './enums.ts';
import { factsFromWire, factsToWire } from './facts-wire.ts';
import {
  operationErrorFromWire,
  operationErrorToWire,
  pastFromWire,
  pastToWire,
  standingFromWire,
  standingToWire,
} from './failure-wire.ts';
import { incarnationFromWire, incarnationToWire } from './incarnation-wire.ts';
import { fromWide, timeFromWide, toWide } from './scalars.ts';

export function observationToWire(instance: ObservedInstance, to: wire.Observation): void {
  to.uid = instance.uid;
  to.placement = toWide(instance.placement);
  to.seenGeneration = toWide(instance.seenGeneration);
  to.observedGeneration = toWide(instance.observedGeneration);
  if (instance.incarnation !== null) incarnationToWire(instance.incarnation, to._initIncarnation());
  to.everRan = instance.everRan;
  to.guest = guestCodec.toWire(instance.guest);
  to.silentSince = toWide(instance.silentSince);
  if (instance.facts !== null) factsToWire(instance.facts, to._initFacts());
  if (instance.failure !== null) standingToWire(instance.failure, to._initFailure());
  if (instance.operationError !== null) operationErrorToWire(instance.operationError, to._initOperationError());
  const history = to._initHistory(instance.history.length);
  for (const [i, past] of instance.history.entries()) pastToWire(past, history.get(i));
  to.restartAttempt = instance.restart.attempt;
  to.restartNextAt = toWide(instance.restart.nextAt);
  if (instance.runEnded !== null) {
    const ended = to._initRunEnded();
    ended.run = toWide(instance.runEnded.run);
    ended.cause = runEndCodec.toWire(instance.runEnded.cause);
    ended.at = toWide(instance.runEnded.at);
  }
  if (instance.waiting !== null) waitingToWire(instance.waiting, to._initWaiting());
  mapsToWire(instance, to);
  if (instance.health !== null) healthToWire(instance.health, to._initHealth());
  const unready = to._initUnready(instance.unready.length);
  for (const [i, { what, name }] of instance.unready.entries()) {
    const at = unready.get(i);
    at.what = unreadyWhatCodec.toWire(what);
    at.name = name;
  }
}

function waitingToWire(waiting: Waiting, to: wire.Waiting): void {
  to.for = waitingForCodec.toWire(waiting.for);
  to.since = toWide(waiting.since);
  to.deadline = toWide(waiting.deadline);
  to.message = waiting.message;
}

function mapsToWire(instance: ObservedInstance, to: wire.Observation): void {
  const images = Object.entries(instance.images);
  const imageList = to._initImages(images.length);
  for (const [i, [url, image]] of images.entries()) {
    const at = imageList.get(i);
    at.url = url;
    at.sha256 = image.sha256;
    at.sizeBytes = toWide(image.sizeBytes);
    at.resolvedAt = toWide(image.resolvedAt);
  }
  const ports = Object.entries(instance.hostPorts);
  const portList = to._initHostPorts(ports.length);
  for (const [i, [forward, port]] of ports.entries()) {
    const at = portList.get(i);
    at.forward = forward;
    at.port = port;
  }
}

function healthToWire(health: ObservedHealth, to: wire.Health): void {
  to.passing = health.passing;
  to.total = health.total;
  const failing = to._initFailing(health.failing.length);
  for (const [i, name] of health.failing.entries()) failing.set(i, name);
  const unchecked = to._initUnchecked(health.unchecked.length);
  for (const [i, { name, because }] of health.unchecked.entries()) {
    const at = unchecked.get(i);
    at.name = name;
    at.because = because;
  }
}

/** Throws `Undecodable` when this version cannot read it. */
export function observationFromWire(from: wire.Observation, bodies: Pick<KeptBodies, 'find'>): ObservedInstance {
  const guest = guestCodec.fromWire(from.guest) ?? 'unknown';
  return {
    uid: asUid(from.uid),
    placement: fromWide(from.placement, 'placement'),
    seenGeneration: fromWide(from.seenGeneration, 'seen_generation'),
    observedGeneration: fromWide(from.observedGeneration, 'observed_generation'),
    incarnation: from._hasIncarnation() ? incarnationFromWire(from.incarnation, guest, bodies) : null,
    everRan: from.everRan,
    guest,
    silentSince: timeFromWide(from.silentSince, 'silent_since'),
    facts: from._hasFacts() ? factsFromWire(from.facts) : null,
    failure: from._hasFailure() ? standingFromWire(from.failure) : null,
    operationError: from._hasOperationError() ? operationErrorFromWire(from.operationError) : null,
    history: from.history.map(pastFromWire),
    restart: { attempt: from.restartAttempt, nextAt: timeFromWide(from.restartNextAt, 'restart.next_at') },
    runEnded: from._hasRunEnded() ? runEndedFromWire(from.runEnded) : null,
    waiting: from._hasWaiting() ? waitingFromWire(from.waiting) : null,
    images: Object.fromEntries(
      from.images.map(({ url, sha256, sizeBytes, resolvedAt }) => [
        url,
        { sha256, sizeBytes: fromWide(sizeBytes, 'image.size_bytes'), resolvedAt: fromWide(resolvedAt, 'image.at') },
      ]),
    ),
    hostPorts: Object.fromEntries(from.hostPorts.map(({ forward, port }) => [forward, port])),
    health: from._hasHealth() ? healthFromWire(from.health) : null,
    // None from an agent of before: then what it failed of last is all that is known.
    unready: from.unready.map(({ what, name }) => ({ what: unreadyWhatCodec.fromWire(what) ?? 'unknown', name })),
  };
}

const runEndedFromWire = (from: wire.RunEnded): NonNullable<ObservedInstance['runEnded']> => ({
  run: fromWide(from.run, 'run_ended.run'),
  cause: runEndCodec.fromWire(from.cause) ?? 'unknown',
  at: fromWide(from.at, 'run_ended.at'),
});

const waitingFromWire = (from: wire.Waiting): Waiting => ({
  for: waitingForCodec.fromWire(from.for) ?? 'node',
  since: fromWide(from.since, 'waiting.since'),
  deadline: fromWide(from.deadline, 'waiting.deadline'),
  message: from.message,
});

const healthFromWire = (from: wire.Health): ObservedHealth => ({
  passing: from.passing,
  total: from.total,
  failing: from.failing.toArray(),
  unchecked: from.unchecked.map(({ name, because }) => ({ name, because })),
});
