/**
 * The enums of the node link, domain name ↔ number of the schema. A member added to the domain does not compile until it is
 * here. A number that a newer side sends and this version does not know reads as the enum's `unknown`, or as what its reader
 * says is the cautious member: it never costs the message it stands in (architecture rule 12).
 */
import type { AssignedPhase, StopMode as DomainStopMode } from '../../core/instance/desired.ts';
import type { LostFile, VmFacts } from '../../core/instance/evidence.ts';
import type { FailureCode as DomainFailureCode } from '../../core/instance/failure-reason.ts';
import type { IncarnationStateKind } from '../../core/instance/incarnation.ts';
import type { Unready } from '../../core/instance/unready.ts';
import type { FaultRetry } from '../../core/kit/fault.ts';
import type {
  WaitingFor as DomainWaitingFor,
  ObservedInstance,
  ObservedRunEnded,
  ObservedStopBecause,
  UnassignedRuntime,
} from '../../core/node/observation.ts';
import * as wire from '../generated/node.ts';
import { enumCodec } from './enum-codec.ts';

export const retryCodec = enumCodec<FaultRetry, wire.Retry>({
  never: wire.Retry.NEVER,
  later: wire.Retry.LATER,
  now: wire.Retry.NOW,
});

export const assignedPhaseCodec = enumCodec<AssignedPhase, wire.AssignedPhase>({
  running: wire.AssignedPhase.RUNNING,
  stopped: wire.AssignedPhase.STOPPED,
  deleted: wire.AssignedPhase.DELETED,
  released: wire.AssignedPhase.RELEASED,
});

export const stopModeCodec = enumCodec<DomainStopMode, wire.StopMode>({
  graceful: wire.StopMode.GRACEFUL,
  forced: wire.StopMode.FORCED,
});

/** S33: `creating` is told as `starting`, `unwound` as `destroyed`; the other way they stay what was told. */
export const incarnationStateCodec = enumCodec<IncarnationStateKind, wire.IncarnationState>({
  starting: wire.IncarnationState.STARTING,
  creating: wire.IncarnationState.STARTING,
  running: wire.IncarnationState.RUNNING,
  paused: wire.IncarnationState.PAUSED,
  stopping: wire.IncarnationState.STOPPING,
  stopped: wire.IncarnationState.STOPPED,
  rebooting: wire.IncarnationState.REBOOTING,
  migrating: wire.IncarnationState.MIGRATING,
  failed: wire.IncarnationState.FAILED,
  destroyed: wire.IncarnationState.DESTROYED,
  unwound: wire.IncarnationState.DESTROYED,
});

export const stopBecauseCodec = enumCodec<ObservedStopBecause, wire.StopBecause>({
  user_stop: wire.StopBecause.USER_STOP,
  run_superseded: wire.StopBecause.RUN_SUPERSEDED,
  deleted: wire.StopBecause.DELETED,
  unresponsive: wire.StopBecause.UNRESPONSIVE,
  unwanted: wire.StopBecause.UNWANTED,
  unhealthy: wire.StopBecause.UNHEALTHY,
  unknown: wire.StopBecause.UNKNOWN,
});

export const guestCodec = enumCodec<ObservedInstance['guest'], wire.GuestState>({
  none: wire.GuestState.NONE,
  frozen: wire.GuestState.FROZEN,
  running: wire.GuestState.RUNNING,
  paused: wire.GuestState.PAUSED,
  powered_off: wire.GuestState.POWERED_OFF,
  panicked: wire.GuestState.PANICKED,
  internal_error: wire.GuestState.INTERNAL_ERROR,
  silent: wire.GuestState.SILENT,
  unknown: wire.GuestState.UNKNOWN,
  io_error: wire.GuestState.IO_ERROR,
});

export const runEndCodec = enumCodec<ObservedRunEnded['cause'], wire.RunEndCause>({
  guest_power_off: wire.RunEndCause.GUEST_POWER_OFF,
  host_reboot: wire.RunEndCause.HOST_REBOOT,
  unknown: wire.RunEndCause.UNKNOWN,
});

export const waitingForCodec = enumCodec<DomainWaitingFor, wire.WaitingFor>({
  image_download: wire.WaitingFor.IMAGE_DOWNLOAD,
  disks: wire.WaitingFor.DISKS,
  hypervisor_monitor: wire.WaitingFor.HYPERVISOR_MONITOR,
  guest_shutdown: wire.WaitingFor.GUEST_SHUTDOWN,
  process_exit: wire.WaitingFor.PROCESS_EXIT,
  removal: wire.WaitingFor.REMOVAL,
  start_slot: wire.WaitingFor.START_SLOT,
  node: wire.WaitingFor.NODE,
});

export const accelCodec = enumCodec<VmFacts['accel'], wire.Accel>({
  kvm: wire.Accel.KVM,
  tcg: wire.Accel.TCG,
  unknown: wire.Accel.UNKNOWN,
});

export const lostHowCodec = enumCodec<LostFile['how'], wire.LostHow>({
  gone: wire.LostHow.GONE,
  replaced: wire.LostHow.REPLACED,
  unknown: wire.LostHow.UNKNOWN,
});

export const unreadyWhatCodec = enumCodec<Unready['what'], wire.UnreadyWhat>({
  disk_gone: wire.UnreadyWhat.DISK_GONE,
  disk_not_made: wire.UnreadyWhat.DISK_NOT_MADE,
  disk_kept: wire.UnreadyWhat.DISK_KEPT,
  image: wire.UnreadyWhat.IMAGE,
  unknown: wire.UnreadyWhat.UNKNOWN,
});

export const protocolCodec = enumCodec<'tcp' | 'udp', wire.Protocol>({
  tcp: wire.Protocol.TCP,
  udp: wire.Protocol.UDP,
});

export const unassignedStateCodec = enumCodec<UnassignedRuntime['state'], wire.UnassignedState>({
  running: wire.UnassignedState.RUNNING,
  leftover: wire.UnassignedState.LEFTOVER,
});

export const failureCodeCodec = enumCodec<DomainFailureCode, wire.FailureCode>({
  image_unavailable: wire.FailureCode.IMAGE_UNAVAILABLE,
  pool_full: wire.FailureCode.POOL_FULL,
  insufficient_resources: wire.FailureCode.INSUFFICIENT_RESOURCES,
  network_unavailable: wire.FailureCode.NETWORK_UNAVAILABLE,
  volume_unavailable: wire.FailureCode.VOLUME_UNAVAILABLE,
  realisation_failed: wire.FailureCode.REALISATION_FAILED,
  hypervisor_spawn_failed: wire.FailureCode.HYPERVISOR_SPAWN_FAILED,
  checksum_mismatch: wire.FailureCode.CHECKSUM_MISMATCH,
  image_invalid: wire.FailureCode.IMAGE_INVALID,
  unsupported_format: wire.FailureCode.UNSUPPORTED_FORMAT,
  disk_too_small: wire.FailureCode.DISK_TOO_SMALL,
  script_failed: wire.FailureCode.SCRIPT_FAILED,
  disk_not_movable: wire.FailureCode.DISK_NOT_MOVABLE,
  hypervisor_exited: wire.FailureCode.HYPERVISOR_EXITED,
  guest_panicked: wire.FailureCode.GUEST_PANICKED,
  boot_timeout: wire.FailureCode.BOOT_TIMEOUT,
  health_check_failed: wire.FailureCode.HEALTH_CHECK_FAILED,
  stop_timeout: wire.FailureCode.STOP_TIMEOUT,
  operation_deadline_exceeded: wire.FailureCode.OPERATION_DEADLINE_EXCEEDED,
  migration_failed: wire.FailureCode.MIGRATION_FAILED,
  no_such_instance: wire.FailureCode.NO_SUCH_INSTANCE,
  node_off: wire.FailureCode.NODE_OFF,
  node_expunged: wire.FailureCode.NODE_EXPUNGED,
  from_agent: wire.FailureCode.FROM_AGENT,
  prehistoric: wire.FailureCode.PREHISTORIC,
  journal_corrupt: wire.FailureCode.JOURNAL_CORRUPT,
});
