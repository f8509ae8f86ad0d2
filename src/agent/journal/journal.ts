/**
 * The agent's memory on disk (spec F4): whose node it is, the last assignment (one row per instance and one revision row,
 * changed together), and one record per instance. Rows are versioned; a row that cannot be read is reported as damaged
 * and never guessed at: the caller adopts by scan before anything is started.
 */
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { InstanceRecord } from '../../core/instance/record.ts';
import { asUid, type TimeMs, type Uid } from '../../core/kit/brand.ts';
import { invariant } from '../../core/kit/exhaustive.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Json } from '../../core/kit/json.ts';
import type { AssignmentRevision } from '../../core/node/assignment.ts';
import type { Commit, Store } from '../../ports/store.ts';
import { integer, nullable, object, orElse, text, Undecodable, versionUpTo } from '../../wire/link/decode.ts';
import { decodeDesired } from '../../wire/link/vm-spec-json.ts';
import { recordFromRow, recordToRow } from './record-row.ts';

const identityKey = 'identity';
const bootKey = 'boot';
const assignmentKey = 'assignment';
const desiredPrefix = 'assigned/';
const recordPrefix = 'record/';

/** Version of the form of identity, assignment and desired rows. */
const rowVersion = 1;
/**
 * Version of a row whose order could not be read: an older agent must not take the last readable one for the present one.
 */
const unreadableRowVersion = 2;

const v = versionUpTo(rowVersion);
const decodeIdentity = object({ v, clusterId: text });
const decodeBoot = object({ v, bootId: text });
const decodeAssignmentRow = object({ v, clusterId: text, epoch: integer, revision: integer });
const decodeDesiredRow = object({
  v: versionUpTo(unreadableRowVersion),
  desired: nullable(decodeDesired),
  unreadable: orElse(nullable(text), null),
});

export interface DamagedRow {
  readonly key: string;
  /** The instance the row was about; null for the rows of the node. */
  readonly uid: Uid | null;
  readonly because: string;
}

/** Everything the journal holds, and what of it could not be read. */
export interface JournalImage {
  readonly clusterId: string | null;
  /** The boot of the host that the records are of; null = not known. */
  readonly bootId: string | null;
  /** Null also when any row of the assignment is damaged: then the whole set is asked for again. */
  readonly at: AssignmentRevision | null;
  readonly desired: readonly DesiredVm[];
  /** Instances whose order could not be read; `desired` has the last one that could. */
  readonly unreadable: readonly { readonly uid: Uid; readonly because: string }[];
  readonly records: readonly InstanceRecord[];
  readonly damaged: readonly DamagedRow[];
}

/** One accepted assignment: rows of one transaction. */
export interface AssignmentChange {
  readonly clusterId: string;
  readonly at: AssignmentRevision;
  readonly changed: readonly DesiredVm[];
  readonly gone: readonly Uid[];
  /** Orders that could not be read, each with the last one that could. */
  readonly unreadable: readonly { readonly uid: Uid; readonly because: string; readonly last: DesiredVm | null }[];
  /** Records that the assignment touched (`seenGeneration`). */
  readonly records: readonly InstanceRecord[];
}

export interface Journal {
  load(): JournalImage;
  /** The node belongs to this cluster from now on; a revision of another one says nothing any more. */
  saveIdentity(clusterId: string): Promise<void>;
  /** The records are of this boot of the host from now on: `changed` are what it made of them. */
  saveBoot(bootId: string, changed: readonly InstanceRecord[]): Promise<void>;
  saveAssignment(change: AssignmentChange): Promise<void>;
  saveRecord(record: InstanceRecord): Promise<void>;
  deleteRecord(uid: Uid): Promise<void>;
}

/**
 * How the store of a journal is opened. It writes seldom, and nobody watches it from the past: changes that it kept would be rows
 * that are over, 17 MB of them once 10,000 VMs have begun.
 */
export const journalStore = { writer: 'same_thread', changeLogLimit: 1_000 } as const;

/** Where the record of an instance lies. */
export const recordKey = (uid: Uid): string => recordPrefix + uid;

const recordPut = (record: InstanceRecord) => ({ key: recordKey(record.uid), value: recordToRow(record) });

export function createJournal(store: Store): Journal {
  const write = async (commit: Commit): Promise<void> => {
    const result = await store.commit(commit);
    invariant(result.ok, 'the agent is the only writer of its journal');
  };

  return {
    load: () => loadJournal(store),
    saveIdentity: (clusterId) =>
      write({ put: [{ key: identityKey, value: { v: rowVersion, clusterId } }], delete: [assignmentKey] }),
    saveBoot: (bootId, changed) => saveBoot(bootId, changed, write),
    saveAssignment: (change) => saveAssignment(change, write),
    saveRecord: (record) => write({ put: [recordPut(record)] }),
    deleteRecord: (uid) => write({ delete: [recordKey(uid)] }),
  };
}

/**
 * The newest time of this node's own clock that its journal remembers. An agent that starts on a host whose clock is behind
 * that would wait for hours until a backoff or a grace time is over: its clock begins here instead.
 */
export function newestTimeIn({ records }: Pick<JournalImage, 'records'>): TimeMs {
  const times = records.flatMap(({ incarnation, silentSince, operationError, history }) => [
    incarnation?.stateSince ?? 0,
    silentSince ?? 0,
    operationError?.reason.at ?? 0,
    history.at(-1)?.lastAt ?? history.at(-1)?.at ?? 0,
  ]);
  return times.reduce((newest, time) => Math.max(newest, time), 0);
}

/** Rows of one transaction. A larger assignment takes several; the store's own limit is higher. */
const rowsPerCommit = 10_000;

/** The row of the boot comes last: a crash before it has the records settled anew. */
async function saveBoot(
  bootId: string,
  changed: readonly InstanceRecord[],
  write: (commit: Commit) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < changed.length; from += rowsPerCommit) {
    await write({ put: changed.slice(from, from + rowsPerCommit).map(recordPut) });
  }
  await write({ put: [{ key: bootKey, value: { v: rowVersion, bootId } }] });
}

/**
 * In one transaction where it fits. Else the revision row goes first and comes back last: a crash in between leaves rows
 * without a revision, and the next life asks for the whole set again.
 */
async function saveAssignment(change: AssignmentChange, write: (commit: Commit) => Promise<void>): Promise<void> {
  const { clusterId, at } = change;
  const revision = { key: assignmentKey, value: { v: rowVersion, clusterId, epoch: at.epoch, revision: at.revision } };
  // Records first: what they say of an order protects disks from it, so it must be there when the order is.
  const put = [
    ...change.records.map(recordPut),
    ...change.changed.map((desired) => ({ key: desiredPrefix + desired.uid, value: desiredRow(desired) })),
    ...change.unreadable.map(({ uid, because, last }) => ({
      key: desiredPrefix + uid,
      value: { v: unreadableRowVersion, desired: last as unknown as Json, unreadable: because },
    })),
  ];
  const gone = change.gone.map((uid) => desiredPrefix + uid);
  if (put.length + gone.length < rowsPerCommit) return await write({ put: [...put, revision], delete: gone });
  const parts: Promise<void>[] = [write({ delete: [assignmentKey] })];
  for (let from = 0; from < put.length; from += rowsPerCommit) {
    parts.push(write({ put: put.slice(from, from + rowsPerCommit) }));
  }
  for (let from = 0; from < gone.length; from += rowsPerCommit) {
    parts.push(write({ delete: gone.slice(from, from + rowsPerCommit) }));
  }
  parts.push(write({ put: [revision] }));
  await Promise.all(parts);
}

const desiredRow = (desired: DesiredVm): Json => ({ v: rowVersion, desired: desired as unknown as Json });

function loadJournal(store: Store): JournalImage {
  const damaged: DamagedRow[] = [];
  const read = <T>(key: string, value: Json | undefined, decode: (row: Json) => T): T | null => {
    if (value === undefined) return null;
    try {
      return decode(value);
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      damaged.push({ key, uid: uidOf(key), because: error.message });
      return null;
    }
  };
  const readAll = <T>(prefix: string, decode: (row: Json) => T): readonly T[] =>
    store.list(prefix).flatMap(({ key, value }) => read(key, value, decode) ?? []);

  const identity = read(identityKey, store.get(identityKey)?.value, (row) => decodeIdentity(row, ''));
  const boot = read(bootKey, store.get(bootKey)?.value, (row) => decodeBoot(row, ''));
  const assignment = read(assignmentKey, store.get(assignmentKey)?.value, (row) => decodeAssignmentRow(row, ''));
  const unreadable: { uid: Uid; because: string }[] = [];
  const desired = store.list(desiredPrefix).flatMap(({ key, value }) => {
    const row = read(key, value, (found) => decodeDesiredRow(found, ''));
    if (row?.unreadable != null)
      unreadable.push({ uid: asUid(key.slice(desiredPrefix.length)), because: row.unreadable });
    return row?.desired ?? [];
  });
  const wholeSet = !damaged.some(({ key }) => key.startsWith(desiredPrefix));
  const records = readAll(recordPrefix, recordFromRow);
  const clusterId = identity?.clusterId ?? assignment?.clusterId ?? null;
  if (clusterId === null && damaged.some(({ uid }) => uid === null)) {
    throw new Fault(
      'journal_corrupt',
      'Cannot start the agent: its journal no longer says which cluster it belongs to',
      {
        retry: 'never',
      },
    );
  }
  const at = assignment !== null && wholeSet ? { epoch: assignment.epoch, revision: assignment.revision } : null;
  return { clusterId, bootId: boot?.bootId ?? null, at, desired, unreadable, records, damaged };
}

function uidOf(key: string): Uid | null {
  for (const prefix of [desiredPrefix, recordPrefix]) {
    if (key.startsWith(prefix)) return asUid(key.slice(prefix.length));
  }
  return null;
}
