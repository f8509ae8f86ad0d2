/** Reads what `strace -f -y` saw of a process that prints acknowledgements, and looks for one that came too early. */

/** A write to the log, the begin of a sync that succeeded, its end, or a printed acknowledgement. */
interface TraceEvent {
  readonly kind: 'log_write' | 'sync_begun' | 'sync_resumed' | 'sync_done' | 'acknowledged';
  readonly line: number;
  /** Thread that called, to find the begin of a sync by its end. */
  readonly thread: string;
}

/** What a trace shows. `early` are the numbers of lines that acknowledge what no sync covers. */
export interface SyncVerdict {
  readonly acknowledgements: number;
  readonly syncs: number;
  readonly logWrites: number;
  readonly early: readonly number[];
}

/**
 * An acknowledgement is early when the log was written to since the last sync of it *began* (a sync covers what was
 * written before it began), or when the log was not written to and synced at all since the last acknowledgement.
 * Holds for a process that prints only while nothing is in flight.
 */
export function judgeSyncs(trace: string): SyncVerdict {
  const events = trace.split('\n').flatMap((text, index) => eventOf(text, index + 1) ?? []);
  const early: number[] = [];
  const begun = new Map<string, number>();
  let lastWrite = -1;
  let coveredUpTo = -1;
  let syncs = 0;
  let syncedSinceAcknowledged = false;
  for (const { kind, line, thread } of events) {
    switch (kind) {
      case 'log_write':
        lastWrite = line;
        break;
      case 'sync_begun':
        begun.set(thread, line);
        break;
      case 'sync_resumed':
      case 'sync_done': {
        const since = kind === 'sync_done' ? line : begun.get(thread);
        begun.delete(thread);
        // Undefined: the sync of another file.
        if (since === undefined) break;
        coveredUpTo = since;
        syncs += 1;
        if (coveredUpTo > lastWrite && lastWrite >= 0) syncedSinceAcknowledged = true;
        break;
      }
      case 'acknowledged':
        if (lastWrite > coveredUpTo || !syncedSinceAcknowledged) early.push(line);
        syncedSinceAcknowledged = false;
        break;
    }
  }
  const count = (kind: TraceEvent['kind']): number => events.filter((event) => event.kind === kind).length;
  return { acknowledgements: count('acknowledged'), syncs, logWrites: count('log_write'), early };
}

function eventOf(text: string, line: number): TraceEvent | undefined {
  const thread = /^\[pid +(\d+)\]|^(\d+) /.exec(text)?.[0] ?? 'first';
  if (/write\(1<[^>]*>, "ack /.test(text)) return { kind: 'acknowledged', line, thread };
  if (/pwrite64\(\d+<[^>]*-wal>/.test(text)) return { kind: 'log_write', line, thread };
  if (/f(data)?sync\(\d+<[^>]*-wal> <unfinished/.test(text)) return { kind: 'sync_begun', line, thread };
  if (/f(data)?sync\(\d+<[^>]*-wal>\) += 0/.test(text)) return { kind: 'sync_done', line, thread };
  if (/<\.\.\. f(data)?sync resumed>\) += 0/.test(text)) return { kind: 'sync_resumed', line, thread };
  return undefined;
}
