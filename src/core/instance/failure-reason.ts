/**
 * Why something failed: a closed, stored union (spec §2). "Failed without a reason" is not representable, and every
 * reason says what to do next and what Holdfast itself will do about it (`retry`).
 */
import type { IncarnationId, TimeMs } from '../kit/brand.ts';
import type { JsonObject } from '../kit/json.ts';

/** later: backoff without end · on_change: when the generation changes, or on `start` · by_policy: restart policy · none: the user decides. */
export type FailureRetry = 'later' | 'on_change' | 'by_policy' | 'none';

interface FailureKind {
  readonly retry: FailureRetry;
  /** One sentence for people; the message of a concrete reason says more. */
  readonly sentence: string;
  /** What the user can do, with NAME standing for the instance. */
  readonly nextAction: string;
}

const triedAgain = 'It is tried again by itself';

/** The table: code → retry class, sentence, next action. Codes are stable: metric labels and filters use them. */
export const failureKinds = {
  image_unavailable: {
    retry: 'later',
    sentence: 'An image could not be fetched',
    nextAction: `Check that the image URL can be read from the node. ${triedAgain}`,
  },
  pool_full: {
    retry: 'later',
    sentence: 'The storage pool has no room',
    nextAction: `Free space in the pool. ${triedAgain}`,
  },
  insufficient_resources: {
    retry: 'later',
    sentence: 'The node has not enough free cpu or memory',
    nextAction: `Ask for less, or delete other instances: one that is stopped keeps its room. ${triedAgain}`,
  },
  network_unavailable: {
    retry: 'later',
    sentence: 'A network of the instance is not there',
    nextAction: `Check the networks and forwarded ports of NAME. ${triedAgain}`,
  },
  volume_unavailable: {
    retry: 'later',
    sentence: 'A disk of the instance is not there',
    nextAction: `Bring the disk back; it is never re-created silently. ${triedAgain}`,
  },
  realisation_failed: {
    retry: 'later',
    sentence: 'The files of the instance could not be made',
    nextAction: `Read the message. ${triedAgain}`,
  },
  hypervisor_spawn_failed: {
    retry: 'later',
    sentence: 'The hypervisor did not start',
    nextAction: `See all that it said with 'holdfast vm get NAME -o json' (stderr_tail). ${triedAgain}`,
  },
  checksum_mismatch: {
    retry: 'on_change',
    sentence: 'An image has another sha256 than the manifest states',
    nextAction: "Correct the sha256 or the URL; or 'holdfast vm start NAME' to try again",
  },
  image_invalid: {
    retry: 'on_change',
    sentence: 'An image is damaged or not allowed',
    nextAction: "Use an image that is whole and has no backing file; or 'holdfast vm start NAME' to try again",
  },
  unsupported_format: {
    retry: 'on_change',
    sentence: 'An image has another format than the manifest states',
    nextAction: 'Correct image_format',
  },
  disk_too_small: {
    retry: 'on_change',
    sentence: 'The disk is smaller than its image',
    nextAction: 'Raise disk_gib or leave it away',
  },
  script_failed: {
    retry: 'on_change',
    sentence: 'A script of the instance failed',
    nextAction: "Correct the script; or 'holdfast vm start NAME' to try again",
  },
  disk_not_movable: {
    retry: 'on_change',
    sentence: 'A disk cannot be moved to another node',
    nextAction: 'Put the disk on shared storage or declare it ephemeral',
  },
  hypervisor_exited: {
    retry: 'by_policy',
    sentence: 'The hypervisor process ended',
    nextAction: "Run 'holdfast vm logs NAME', then 'holdfast vm start NAME' to try again now",
  },
  guest_panicked: {
    retry: 'by_policy',
    sentence: 'The guest kernel panicked',
    nextAction: "Run 'holdfast vm logs NAME', then 'holdfast vm start NAME' to try again now",
  },
  boot_timeout: {
    retry: 'by_policy',
    sentence: 'The guest did not boot in time',
    nextAction: "Run 'holdfast vm logs NAME', then 'holdfast vm reboot NAME' to restart it now",
  },
  health_check_failed: {
    retry: 'by_policy',
    sentence: 'A health check failed too often',
    nextAction: "Run 'holdfast vm logs NAME', then 'holdfast vm reboot NAME' to restart it now",
  },
  stop_timeout: {
    retry: 'none',
    sentence: 'The guest did not power off',
    nextAction: "Run 'holdfast vm poweroff NAME' to force it, or 'holdfast vm start NAME' to keep it running",
  },
  operation_deadline_exceeded: {
    retry: 'later',
    sentence: 'An operation made no progress before its deadline',
    nextAction: `See what it waits for with 'holdfast vm get NAME'. ${triedAgain}`,
  },
  migration_failed: {
    retry: 'none',
    sentence: 'The migration failed',
    nextAction: 'Read the message and migrate again',
  },
  no_such_instance: { retry: 'later', sentence: 'The agent no longer knows the instance', nextAction: triedAgain },
  node_off: { retry: 'none', sentence: 'The node is confirmed off', nextAction: 'Bring the node back or remove it' },
  node_expunged: {
    retry: 'none',
    sentence: 'The node was force-removed',
    nextAction: 'Bring the node back, or delete NAME and declare it anew',
  },
  from_agent: {
    retry: 'later',
    sentence: 'A newer agent reported a reason this control plane does not know',
    nextAction: 'Upgrade the control plane; details.code has the original',
  },
  prehistoric: {
    retry: 'none',
    sentence: 'It failed before reasons were recorded',
    nextAction: "Run 'holdfast vm start NAME' to try again",
  },
  journal_corrupt: {
    retry: 'none',
    sentence: "The node's journal is damaged",
    nextAction: 'Running instances are adopted by scan; read the agent log before repairing',
  },
} as const satisfies Readonly<Record<string, FailureKind>>;

export type FailureCode = keyof typeof failureKinds;

/** All codes, in the order of the table. */
export const failureCodes = Object.keys(failureKinds) as readonly FailureCode[];

/** One failure that happened. `details` by code: exit_code, signal, cause, stderr_tail, url, expected, got … (snake_case, scrubbed: S7). */
export interface FailureReason {
  readonly code: FailureCode;
  readonly message: string;
  readonly at: TimeMs;
  readonly details: JsonObject;
}

/** A failed operation on an incarnation that may be alive (spec S23–S26): stored on the instance, not on the incarnation. */
export interface OperationError {
  readonly reason: FailureReason;
  readonly incarnationId: IncarnationId | null;
  /** Generation whose realisation failed; a newer one is a new order. */
  readonly generation: number;
  /** When the operation is tried again; null = never by itself (S26: passes do not repeat the stop). */
  readonly retryAt: TimeMs | null;
  readonly attempt: number;
}

/** At most this many reasons are kept as history per instance (spec §2). */
export const failureHistoryMax = 50;

/** A failure of the history: `at` is when it came first. What came more often than once says how often, and when last. */
export interface PastFailure extends FailureReason {
  readonly times?: number;
  readonly lastAt?: TimeMs;
}

/** The same failure after a longer pause is a new entry. The longest backoff is far below. */
const sameStoryMs = 3_600_000;

/**
 * The recent entry for the same failure, numbers in its message aside; only for failures that are retried by themselves.
 */
export function sameStory(history: readonly PastFailure[], reason: FailureReason): PastFailure | undefined {
  const { retry } = failureKinds[reason.code];
  if (retry !== 'later' && retry !== 'by_policy') return undefined;
  const words = wordsOf(reason);
  return history.findLast(
    (past) =>
      past.code === reason.code && reason.at - (past.lastAt ?? past.at) < sameStoryMs && wordsOf(past) === words,
  );
}

/** How a process exited is in a number. */
const wordsOf = ({ code, message }: FailureReason): string =>
  code === 'hypervisor_exited' ? message : message.replaceAll(/\d+/g, '0');

/**
 * Appends to the history, oldest first, bounded. What is tried in vain again and again, or crashes again and again, is one entry, with its
 * newest words: it must not push out all that happened before.
 */
export function appendFailure(history: readonly PastFailure[], reason: FailureReason): readonly PastFailure[] {
  const same = sameStory(history, reason);
  if (same === undefined) return [...history, reason].slice(-failureHistoryMax);
  const again = { ...reason, at: same.at, times: (same.times ?? 1) + 1, lastAt: reason.at };
  return [...history.filter((past) => past !== same), again];
}

/** True when `code` is one this version knows. */
export function isFailureCode(code: string): code is FailureCode {
  return Object.hasOwn(failureKinds, code);
}

/** S33: a code of a newer agent becomes `from_agent`, the original kept in `details.code`. S30: none at all reads as `prehistoric`. */
export function failureFromForeign(
  code: string | null,
  message: string,
  at: TimeMs,
  details: JsonObject,
): FailureReason {
  if (code === null) return { code: 'prehistoric', message: failureKinds.prehistoric.sentence, at, details: {} };
  if (isFailureCode(code)) return { code, message, at, details };
  return { code: 'from_agent', message, at, details: { ...details, code } };
}

/** What the user can do about it, for the instance called `name`. */
export function nextActionFor(code: FailureCode, name: string): string {
  return failureKinds[code].nextAction.replaceAll('NAME', name);
}

/** The same of one failure, which may know more than all of its code have in common (`details.next_action`). */
export function nextActionOf({ code, details }: FailureReason, name: string): string {
  const { next_action: own } = details;
  return typeof own === 'string' ? own : nextActionFor(code, name);
}
