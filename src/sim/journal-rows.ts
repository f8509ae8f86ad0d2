/** The instance records that became durable on the nodes since the last step: what agents hold true, whoever writes it. */
import type { InstanceRecord } from '../core/instance/record.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { StoreEntry } from '../ports/store.ts';
import type { SimNode } from './sim-node.ts';

export interface RecordChange {
  readonly node: SimNode;
  /** Null: the node had no record of the instance, or lost its journal. */
  readonly before: InstanceRecord | null;
  readonly after: InstanceRecord;
}

/** Looks at the records of the instances named; each change is told once. */
export function createJournalRows(): (nodes: readonly SimNode[], uids: Iterable<Uid>) => readonly RecordChange[] {
  const known = new Map<object, Map<Uid, StoreEntry>>();
  return (nodes, uids) => {
    const changes: RecordChange[] = [];
    for (const node of nodes) {
      const { medium } = node.disk;
      const rows = known.get(medium) ?? new Map<Uid, StoreEntry>();
      known.set(medium, rows);
      for (const uid of uids) {
        const entry = medium.peek(`record/${uid}`);
        const before = rows.get(uid);
        if (entry === before) continue;
        if (entry === undefined) {
          rows.delete(uid);
          continue;
        }
        rows.set(uid, entry);
        changes.push({ node, before: recordIn(before), after: recordIn(entry) ?? unreadable(uid) });
      }
    }
    return changes;
  };
}

export function recordIn(entry: StoreEntry | undefined): InstanceRecord | null {
  return (entry?.value as { readonly record: InstanceRecord } | undefined)?.record ?? null;
}

function unreadable(uid: Uid): never {
  throw new Error(`The journal row of ${uid} holds no record`);
}
