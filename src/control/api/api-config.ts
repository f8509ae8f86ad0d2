/** Limits of the REST API, each with its reason. */
import { documentLimits } from '../../wire/manifest/limits.ts';

export interface ApiConfig {
  readonly version: string;
  /** Requests a second and at once that one token may make. Far above any person, below what starves all others. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
  /** Open connections, those that no request has come on yet included; a new one beyond it is closed. */
  readonly connectionsMax: number;
  readonly watchersMax: number;
  readonly consolesMax: number;
}

export const defaultApiConfig: ApiConfig = {
  version: '0.1.0',
  rate: { perSecond: 100_000, burst: 100_000 },
  // Every watcher and console, and as many callers again; below the open files that a process may have.
  connectionsMax: 10_000,
  watchersMax: 2_000,
  consolesMax: 200,
};

/** A body holds the longest text that is parsed, in bytes of UTF-8. */
export const bodyBytesMax = documentLimits.textLength * 2;

/** Header section of a request: tokens, keys and conditions fit many times. */
export const headerBytesMax = 16 * 1024;

/** A request must have arrived completely within this. */
export const requestTimeMs = 30_000;
/** How often it is looked for requests that have not: one is cut off no later than this after its time. */
export const lateCheckMs = 5_000;

/** Requests of one connection that wait for their answers; one more is refused. Browsers and our client send one at a time. */
export const pipelinedMax = 16;

/** A refusal that is no answer to a request is given this long to be read before its connection is cut. */
export const lingerMs = 2_000;

/** Idle connections are kept this long: longer than the interval of usual pollers. */
export const keepAliveMs = 75_000;

/** A server that closes waits this long for a disk whose changes are not answered yet. */
export const lastAnswersMs = 2_000;

/**
 * A watcher for whom more events wait is dropped; it resumes by revision. One commit may touch every VM there is (a node with
 * all of them falls silent), and so may what a resumed watch is told first: twice the VMs a cluster is made for.
 */
export const watcherBacklogFrames = 20_000;

/** A reader of a log further behind is dropped; it comes back for the rest. */
export const logBacklogBytes = 1024 * 1024;

/** `bookmark` events, so that a quiet watch still moves its resume point (spec §4). */
export const bookmarkEveryMs = 30_000;

/** Time to begin a console session with its token (spec §11). */
export const consoleTokenMs = 60_000;
/** Unused console tokens kept; the oldest go first. */
export const consoleTokensMax = 1_000;
/** A console viewer further behind skips output with a marker; it never slows the guest (spec §11). */
export const consoleBacklogBytes = 256 * 1024;
/** What a console session holds of what was typed until the node has taken it; beyond it nothing more is read. */
export const consoleInputBytes = 256 * 1024;
/** One frame from a viewer: a large paste. */
export const consoleFrameBytes = 64 * 1024;
/** Keeps proxies from closing a quiet console. */
export const consolePingMs = 30_000;

export const scrollbackDefault = 64 * 1024;
export const pruneLimitDefault = 10;
export const idempotencyKeyMax = 255;
