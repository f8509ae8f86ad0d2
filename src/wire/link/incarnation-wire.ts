import type { IncarnationStateKind } from '../../core/instance/incarnation.ts';
import { asIncarnationId } from '../../core/kit/brand.ts';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import type { ObservedEndCause, ObservedIncarnation, ObservedInstance } from '../../core/node/observation.ts';
import * as wire from '../generated/node.ts';
import { bodyKeyOf, hashOfKey, type KeptBodies } from './bodies.ts';
import { incarnationStateCodec, stopBecauseCodec, stopModeCodec } from './enums.ts';
import { fromWide, timeFromWide, toWide } from './scalars.ts';

export function incarnationToWire(incarnation: ObservedIncarnation, to: wire.Incarnation): void {
  to.id = incarnation.id;
  to.run = toWide(incarnation.run);
  to.state = incarnationStateCodec.toWire(incarnation.state);
  to.stateGeneration = toWide(incarnation.stateGeneration);
  to.stateSince = toWide(incarnation.stateSince);
  to.startedAt = toWide(incarnation.startedAt);
  to.startedGeneration = toWide(incarnation.startedGeneration);
  to.runningHash = incarnation.runningHash;
  to.startedBody = hashOfKey(bodyKeyOf(incarnation.startedSpec));
  if (incarnation.stopping !== null) {
    const stopping = to._initStopping();
    stopping.because = stopBecauseCodec.toWire(incarnation.stopping.because);
    stopping.mode = stopModeCodec.toWire(incarnation.stopping.mode);
    stopping.killAt = toWide(incarnation.stopping.killAt);
  }
  if (incarnation.endCause !== null) endCauseToWire(incarnation.endCause, to._initEndCause());
}

function endCauseToWire(cause: ObservedEndCause, to: wire.EndCause): void {
  switch (cause.kind) {
    case 'stopped': {
      const stopped = to._initStopped();
      stopped.because = stopBecauseCodec.toWire(cause.because);
      stopped.forced = cause.forced;
      stopped.graceOver = cause.graceOver;
      return;
    }
    case 'guest_power_off':
      to.guestPowerOff = true;
      return;
    case 'host_reboot':
      to.hostReboot = true;
      return;
    case 'removed':
      to.removed = true;
      return;
    default:
      exhaustive(cause);
  }
}

export function incarnationFromWire(
  from: wire.Incarnation,
  guest: ObservedInstance['guest'],
  bodies: Pick<KeptBodies, 'find'>,
): ObservedIncarnation {
  return {
    id: asIncarnationId(from.id),
    run: fromWide(from.run, 'incarnation.run'),
    state: incarnationStateCodec.fromWire(from.state) ?? stateByGuest(guest),
    stateGeneration: fromWide(from.stateGeneration, 'incarnation.state_generation'),
    stateSince: fromWide(from.stateSince, 'incarnation.state_since'),
    startedAt: timeFromWide(from.startedAt, 'incarnation.started_at'),
    startedGeneration: fromWide(from.startedGeneration, 'incarnation.started_generation'),
    runningHash: from.runningHash,
    startedSpec: bodies.find(from.startedBody.toUint8Array()),
    stopping: from._hasStopping() ? stoppingFromWire(from.stopping) : null,
    endCause: from._hasEndCause() ? endCauseFromWire(from.endCause) : null,
  };
}

/**
 * A state this version has no word for, by what its guest does. Never an end: that takes proof of death (spec F2, S29), and
 * what is not proven over keeps its room.
 */
function stateByGuest(guest: ObservedInstance['guest']): IncarnationStateKind {
  switch (guest) {
    case 'running':
    case 'paused':
      return guest;
    case 'io_error':
      return 'paused';
    case 'powered_off':
    case 'panicked':
    case 'internal_error':
      return 'stopped';
    case 'none':
    case 'frozen':
    case 'silent':
    case 'unknown':
      return 'starting';
    default:
      return exhaustive(guest);
  }
}

const stoppingFromWire = (from: wire.Stopping): NonNullable<ObservedIncarnation['stopping']> => ({
  because: stopBecauseCodec.fromWire(from.because) ?? 'unknown',
  mode: stopModeCodec.fromWire(from.mode) ?? 'graceful',
  killAt: fromWide(from.killAt, 'stopping.kill_at'),
});

/** Null: it ended well, in a way this version has no word for. */
function endCauseFromWire(from: wire.EndCause): ObservedEndCause | null {
  switch (from.which()) {
    case wire.EndCause.STOPPED: {
      const { because, forced, graceOver } = from.stopped;
      return { kind: 'stopped', because: stopBecauseCodec.fromWire(because) ?? 'unknown', forced, graceOver };
    }
    case wire.EndCause.GUEST_POWER_OFF:
      return { kind: 'guest_power_off' };
    case wire.EndCause.HOST_REBOOT:
      return { kind: 'host_reboot' };
    case wire.EndCause.REMOVED:
      return { kind: 'removed' };
    default:
      return null;
  }
}
