/**
 * The one table of error codes (spec §4): HTTP status, CLI exit code, retry class, sentence and next action come from
 * here and from nowhere else; docs/errors.md is generated from it. A code never changes its meaning; new meanings get
 * new codes.
 *
 * Failure reasons of instances and tasks come from `failure-reason.ts`; this file adds what requests, placement and
 * the CLI meet.
 */
import { type FailureCode, failureCodes, failureKinds } from '../instance/failure-reason.ts';
import { type ExitName, exitCodes } from './exit-codes.ts';

/**
 * When may the same thing be tried again. `never`: only after the caller changed something. `now`: at once.
 * `later`: with backoff. `on_change`: when the generation changes, or on `start`. `by_policy`: the restart policy says.
 */
export type ErrorRetry = 'never' | 'now' | 'later' | 'on_change' | 'by_policy';

/** One code of the table. */
export interface ErrorRow {
  /** HTTP status of an answer with this code; null when the code is never the answer to a request. */
  readonly status: number | null;
  readonly exit: ExitName;
  readonly retry: ErrorRetry;
  /** What it means, for the documentation; messages of actual errors name the action and the object. */
  readonly sentence: string;
  /** What a person does about it; null where the message alone says it. */
  readonly nextAction: string | null;
}

const row = (
  status: number | null,
  exit: ExitName,
  retry: ErrorRetry,
  sentence: string,
  nextAction: string | null = null,
): ErrorRow => ({ status, exit, retry, sentence, nextAction });

/** Codes that answer requests. */
const requestErrors = {
  validation_failed: row(
    422,
    'bad_input',
    'never',
    'The document, the query or a header has offences; a text that is no JSON or YAML is one',
    'Correct each offence and repeat',
  ),
  bad_request: row(
    400,
    'bad_input',
    'never',
    'The request cannot be read as HTTP, or asks for a console without opening a WebSocket',
  ),
  unauthorized: row(401, 'auth', 'never', 'No valid token came with the request', 'Pass --token or HOLDFAST_TOKEN'),
  forbidden: row(403, 'auth', 'never', 'The role of this token does not allow it'),
  not_found: row(404, 'not_found', 'never', 'Nothing of that name exists, or it is not visible to you'),
  method_not_allowed: row(405, 'bad_input', 'never', 'The resource exists, but not with this method'),
  not_acceptable: row(406, 'bad_input', 'never', 'None of the accepted media types can be produced'),
  request_timeout: row(408, 'timeout', 'later', 'The request did not arrive completely in time'),
  body_too_large: row(413, 'limited', 'never', 'The request body is above the limit', 'Send fewer documents at once'),
  uri_too_long: row(414, 'bad_input', 'never', 'The request target is above the limit'),
  unsupported_media_type: row(
    415,
    'bad_input',
    'never',
    'The content type is not one this resource reads',
    'State application/json, or application/yaml for manifests',
  ),
  expectation_failed: row(
    417,
    'bad_input',
    'never',
    'The Expect header names something other than 100-continue',
    'Leave the header out',
  ),
  headers_too_large: row(431, 'limited', 'never', 'The request headers are above the limit'),
  rate_limited: row(429, 'limited', 'later', 'Too many requests of this principal', 'Wait as Retry-After says'),
  too_many_watches: row(429, 'limited', 'later', 'The limit of open watches is reached'),
  too_many_viewers: row(429, 'limited', 'later', 'The limit of open console sessions is reached'),
  precondition_failed: row(412, 'conflict', 'never', 'The revision is not the one named', 'Read again, then repeat'),
  precondition_required: row(428, 'bad_input', 'never', 'This write needs an If-Match header'),
  relist_required: row(410, 'conflict', 'never', 'The resume point of the watch is gone', 'List again, then watch'),
  cursor_expired: row(
    410,
    'conflict',
    'never',
    'The page cursor is of another epoch or too old',
    'List from the start',
  ),
  name_taken: row(
    409,
    'conflict',
    'later',
    'The name is in use until its removal is reported',
    'Wait for the task named',
  ),
  already_exists: row(409, 'conflict', 'never', 'An instance of that name exists', 'Choose another name, or use apply'),
  being_deleted: row(409, 'conflict', 'never', 'The instance is being deleted, which cannot be taken back'),
  deletion_protected: row(
    409,
    'conflict',
    'never',
    'deletion_protection is on',
    "Run 'holdfast vm set NAME --deletion-protection=false' first",
  ),
  has_dependents: row(
    409,
    'conflict',
    'never',
    'Other instances depend on it',
    'Delete or change the dependents first',
  ),
  restart_required: row(
    409,
    'conflict',
    'never',
    'The change needs a restart of a running instance',
    'Repeat with on_restart=restart, or on_restart=defer to apply it at the next start',
  ),
  would_destroy_data: row(
    409,
    'conflict',
    'never',
    'The change makes disks anew and so destroys their content',
    'Repeat with allow_replace=true if the named disks may be lost',
  ),
  managed_by_git: row(409, 'conflict', 'never', 'Git owns the desired state', 'Change it in the repository named'),
  not_running: row(409, 'conflict', 'never', 'The verb needs a running instance', "Run 'holdfast vm start NAME'"),
  not_cancellable: row(409, 'conflict', 'never', 'The task cannot be cancelled', 'Use the verb named to undo it'),
  idempotency_key_mismatch: row(409, 'conflict', 'never', 'The key was used with another body', 'Use a new key'),
  idempotency_in_progress: row(409, 'conflict', 'later', 'The first request with this key is still in flight'),
  conflict: row(409, 'conflict', 'now', 'Another write came first', 'Read again, then repeat'),
  uid_mismatch: row(409, 'conflict', 'never', 'The document names the uid of another instance'),
  batch_too_large: row(422, 'limited', 'never', 'More documents than one apply may hold', 'Apply in several parts'),
  prune_limit: row(
    409,
    'conflict',
    'never',
    'More deletions than --prune-limit allows',
    'Look at the plan, then repeat with a higher --prune-limit',
  ),
  port_conflict: row(409, 'conflict', 'later', 'A host port is taken by another instance', 'Use another port, or 0'),
  cycle: row(422, 'bad_input', 'never', 'depends_on forms a cycle'),
  console_token_invalid: row(401, 'auth', 'never', 'The console token is used up, expired or unknown'),
  console_busy: row(409, 'conflict', 'later', 'Another session writes to this console', 'Open it read-only'),
  node_in_use: row(409, 'conflict', 'later', 'A second live session of this node was refused'),
  wrong_cluster: row(
    409,
    'conflict',
    'never',
    'The message belongs to another cluster_id',
    "Give the node its own store back; without it, see 'A lost store' in docs/guides/operating.md",
  ),
  fencing_unavailable: row(409, 'conflict', 'later', 'The node has no working fencer', "Use node_loss_policy 'pin'"),
  node_unreachable: row(503, 'unreachable', 'later', 'The node is not connected; nothing was changed'),
  outcome_unknown: row(504, 'unreachable', 'never', 'The connection broke after the call was sent', 'Read the state'),
  unreadable_order: row(
    504,
    'failed',
    'later',
    'The node cannot read the order of the instance: its version is older than that of the control plane',
    'Upgrade the agent of the node: what was asked for stands, and is carried out then',
  ),
  not_ready: row(503, 'unreachable', 'later', 'The control plane is starting or stopping'),
  overloaded: row(503, 'limited', 'later', 'A queue of the control plane is full'),
  monitor_silent: row(503, 'unreachable', 'later', 'The monitor of the hypervisor did not answer in time'),
  monitor_failed: row(503, 'failed', 'later', 'The monitor of the hypervisor refused the call'),
  deadline_exceeded: row(504, 'timeout', 'later', 'The call did not end within its deadline'),
  store_busy: row(503, 'limited', 'later', 'Too many writes wait for the store already'),
  store_closed: row(503, 'unreachable', 'later', 'The store is being closed'),
  store_failed: row(503, 'internal', 'later', 'The store could not write; nothing was changed'),
  backup_exists: row(409, 'conflict', 'never', 'The backup file exists already', 'Choose another name'),
  backup_damaged: row(422, 'conflict', 'never', 'The backup is damaged; nothing was changed', 'Restore another backup'),
  store_foreign: row(422, 'conflict', 'never', 'The file is no store of Holdfast and was left untouched'),
  store_newer: row(422, 'conflict', 'never', 'The store was written by a newer version', 'Upgrade Holdfast'),
  backup_failed: row(500, 'failed', 'later', 'The backup could not be written'),
  store_unavailable: row(503, 'unreachable', 'later', 'The store does not answer'),
  store_full: row(507, 'limited', 'later', 'The disk of the store is full; reads go on', 'Free space, then repeat'),
  not_implemented: row(501, 'bad_input', 'never', 'This version does not offer it'),
  internal: row(500, 'internal', 'later', 'A defect of the control plane', 'Report it with the request_id'),
} as const satisfies Record<string, ErrorRow>;

/** Codes that only the CLI and the daemons' start can meet. */
const localErrors = {
  usage: row(null, 'bad_input', 'never', 'The command line is wrong', 'Add --help'),
  file_unreadable: row(null, 'bad_input', 'never', 'A file named on the command line cannot be read'),
  server_unreachable: row(null, 'unreachable', 'later', 'No control plane answers', "Start one with 'holdfast up'"),
  bad_answer: row(null, 'internal', 'never', 'The server answered something that is not Holdfast'),
  timeout: row(null, 'timeout', 'later', 'The condition waited for did not come true in time'),
  task_failed: row(null, 'failed', 'never', 'The task ended as failed', "Run 'holdfast task get ID'"),
  task_superseded: row(null, 'conflict', 'never', 'Another verb took the place of the task waited for'),
  task_cancelled: row(null, 'failed', 'never', 'The task waited for was cancelled'),
  instance_failed: row(null, 'failed', 'never', 'The instance waited for is in error', "Run 'holdfast explain NAME'"),
  confirmation_required: row(null, 'bad_input', 'never', 'It must be confirmed, and there is no terminal', 'Add --yes'),
  interrupted: row(null, 'interrupted', 'never', 'Stopped by the user; what was accepted goes on'),
  terminated: row(null, 'interrupted', 'never', 'Ended by SIGTERM; what was accepted goes on'),
  data_dir_in_use: row(
    null,
    'conflict',
    'never',
    'Another process owns the data directory',
    'End that process, or use another data directory',
  ),
  data_dir_unusable: row(
    null,
    'bad_input',
    'never',
    'The data directory cannot be made or written to, or is that of another user or role',
    'Choose another with --data-dir',
  ),
  start_failed: row(
    null,
    'internal',
    'later',
    'Control plane and agent were not ready in time',
    'Read server.log and agent.log in the data directory',
  ),
  address_in_use: row(null, 'conflict', 'never', 'The listen address is taken', 'Choose another with --listen'),
  store_corrupt: row(null, 'internal', 'never', 'The store is damaged and was left untouched', 'Restore a backup'),
  unsupported_node: row(null, 'internal', 'never', 'No Node.js 24 was found', "Run 'npm ci --ignore-scripts'"),
  missing_program: row(null, 'internal', 'never', 'A program of the host is missing', "Run 'holdfast doctor'"),
} as const satisfies Record<string, ErrorRow>;

/**
 * Why an instance is on no node yet; it is placed by itself as soon as a node can take it (spec §2 phase `pending`).
 */
const pendingRows = {
  no_nodes: row(null, 'failed', 'later', 'There is no node', "Start an agent; see 'holdfast node list'"),
  node_not_found: row(null, 'failed', 'later', 'The node of placement.node is not known', 'Correct placement.node'),
  node_not_ready: row(null, 'failed', 'later', 'The node of placement.node is not ready', 'Bring the node back'),
  selector_unmatched: row(null, 'failed', 'later', 'No node has the labels asked for', 'Change placement.selector'),
  unscheduled: row(null, 'failed', 'later', 'The scheduler has not looked at it yet'),
  dependency_not_ready: row(null, 'failed', 'later', 'An instance named in depends_on was not made yet'),
  dependency_failed: row(null, 'failed', 'later', 'An instance named in depends_on failed', 'Repair the dependency'),
} as const satisfies Record<string, ErrorRow>;

/** Failures that a request can meet as well: a resize finds its node full as a placement does. */
const failureStatus: Partial<Readonly<Record<FailureCode, number>>> = { insufficient_resources: 409 };

function failureRow(code: FailureCode): ErrorRow {
  const { retry, sentence, nextAction } = failureKinds[code];
  return row(failureStatus[code] ?? null, 'failed', retry === 'none' ? 'never' : retry, sentence, nextAction);
}

const failureRows = Object.fromEntries(failureCodes.map((code) => [code, failureRow(code)])) as Readonly<
  Record<FailureCode, ErrorRow>
>;

/** The whole table, by code. */
export const errorTable = { ...requestErrors, ...failureRows, ...pendingRows, ...localErrors } as const;

/** Every stable error code of Holdfast. */
export type ErrorCode = keyof typeof errorTable;

/** The codes by where they are met, for the documentation. */
export const errorGroups = {
  requests: Object.keys(requestErrors) as (keyof typeof requestErrors)[],
  failures: failureCodes,
  pending: Object.keys(pendingRows) as (keyof typeof pendingRows)[],
  local: Object.keys(localErrors) as (keyof typeof localErrors)[],
} as const;

/** Whether a text (from a wire, a log, a newer peer) is a code of this version. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text);

/** The row of a code; of a code this version does not know, the row of `internal`. */
export const errorRow = (code: string): ErrorRow => (isErrorCode(code) ? errorTable[code] : errorTable.internal);

/** HTTP status of an answer with this code. Codes that never answer a request read as 500. */
export const httpStatusOf = (code: string): number => errorRow(code).status ?? 500;

/** Exit code of a CLI that ends because of this code (spec §11). */
export const exitCodeOf = (code: string): number => exitCodes[errorRow(code).exit].code;
