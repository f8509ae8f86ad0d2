/**
 * The codes that a route can answer, for OpenAPI. Every answer in the tests of this room is held against them, so that a
 * refusal nobody wrote down is found by whoever adds it.
 */
import type { ErrorCode } from '../../core/kit/error-table.ts';

type Codes = readonly ErrorCode[];

/** Whoever sends a request may meet these, on open routes too. */
const anyRequest: Codes = [
  ...(['bad_request', 'uri_too_long', 'expectation_failed', 'headers_too_large', 'request_timeout'] as const),
  ...(['validation_failed', 'internal'] as const),
];

/** Behind a token. */
const reading: Codes = [...anyRequest, 'unauthorized', 'rate_limited', 'not_ready'];

/** A body comes with it. */
const withBody: Codes = ['body_too_large', 'unsupported_media_type'];

/** It is written to the store, at most once for a key. */
const writing: Codes = [
  ...reading,
  ...withBody,
  'forbidden',
  'conflict',
  'overloaded',
  'store_unavailable',
  'store_full',
];
const repeatable: Codes = ['idempotency_key_mismatch', 'idempotency_in_progress'];

/** A write of one VM that is there. */
const vmWriting: Codes = [...writing, ...repeatable, 'not_found', 'precondition_failed', 'being_deleted'];
/** What a specification may meet in the cluster. */
const specification: Codes = ['fencing_unavailable', 'cycle'];
/** What a change of a VM may meet. */
const changing: Codes = [
  ...specification,
  'restart_required',
  'would_destroy_data',
  'port_conflict',
  'insufficient_resources',
];
const removing: Codes = ['deletion_protected', 'has_dependents'];
/** What a call to a node may meet. */
const calling: Codes = ['not_running', 'node_unreachable', 'outcome_unknown', 'unreadable_order', 'overloaded'];
const applying: Codes = [
  ...[...changing, ...removing],
  ...(['batch_too_large', 'prune_limit', 'uid_mismatch', 'name_taken', 'being_deleted'] as const),
];

export const routeErrors = {
  open: anyRequest,
  readiness: [...anyRequest, 'not_ready'],
  read: reading,
  readOne: [...reading, 'not_found'],
  list: [...reading, 'cursor_expired'],
  watch: [...reading, 'cursor_expired', 'relist_required', 'too_many_watches'],
  createVm: [
    ...[...writing, ...repeatable, ...specification],
    ...(['already_exists', 'name_taken', 'precondition_failed'] as const),
  ],
  changeVm: [...vmWriting, ...changing],
  deleteVm: [...vmWriting, ...removing],
  verb: [...vmWriting, 'not_running'],
  callVerb: [...vmWriting, ...calling],
  apply: [...writing, ...repeatable, ...applying],
  plan: [...reading, ...withBody, ...applying],
  cancel: [...writing, ...repeatable, 'not_found', 'not_cancellable'],
  createToken: writing,
  consoleTicket: [...reading, ...withBody, 'forbidden', 'not_found', 'not_running', 'node_unreachable'],
  console: [...anyRequest, 'console_token_invalid', 'console_busy', 'too_many_viewers', 'not_ready'],
  log: [...reading, ...calling, 'not_found'],
  backup: [...reading, 'forbidden', 'backup_exists', 'backup_failed', 'store_unavailable', 'store_full'],
  restore: [
    ...[...reading, ...withBody],
    ...(['forbidden', 'store_foreign', 'store_newer', 'backup_damaged', 'store_full'] as const),
  ],
} as const satisfies Readonly<Record<string, Codes>>;
