/** Takes away history beyond its named limits, oldest first, a bounded number of rows at a time. */
import type { Task } from '../core/task/task.ts';
import type { StoreEntry } from '../ports/store.ts';
import { type ControlConfig, type ControlDeps, loopBatchRows, type RetentionLimits } from './control-config.ts';
import {
  type EventRow,
  eventPrefix,
  type GoneRow,
  gonePrefix,
  type IdempotencyRow,
  idempotencyPrefix,
  rowOf,
  taskPrefix,
} from './rows.ts';
import type { VisibleChanges } from './visible-changes.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

/** How often limits by age are looked at; limits by number are when they are passed. */
const sweepEveryMs = 60_000;

/** Rows above a limit by number before the sweeper begins, so that it works in batches. */
const slackRows = 1_000;

interface Kind {
  readonly prefix: string;
  readonly max: number;
  readonly ageMs: number;
  /** When the row became history; null = it must not go. */
  readonly since: (entry: StoreEntry) => number | null;
  /** Whether keys sort by age: then the oldest are found without a look at the others. */
  readonly sorted: boolean;
}

function kindsOf(limits: RetentionLimits): readonly Kind[] {
  return [
    {
      prefix: eventPrefix,
      max: limits.eventsMax,
      ageMs: limits.eventAgeMs,
      since: (entry) => rowOf<EventRow>(entry).value.at,
      sorted: true,
    },
    {
      prefix: taskPrefix,
      max: limits.finishedTasksMax,
      ageMs: limits.finishedTaskAgeMs,
      since: (entry) => rowOf<Task>(entry).value.finishedAt,
      sorted: true,
    },
    {
      prefix: idempotencyPrefix,
      max: limits.idempotencyMax,
      ageMs: limits.idempotencyAgeMs,
      since: (entry) => rowOf<IdempotencyRow>(entry).value.at,
      sorted: false,
    },
    {
      prefix: gonePrefix,
      max: limits.goneMax,
      ageMs: limits.goneAgeMs,
      // A forgotten VM stays until its node has removed it: the tombstone is what tells the node to.
      since: (entry) => {
        const { removedAt, forgotten } = rowOf<GoneRow>(entry).value;
        return forgotten ? null : removedAt;
      },
      sorted: false,
    },
  ];
}

export function startRetention(
  deps: ControlDeps & { readonly config: ControlConfig; readonly changes: VisibleChanges },
): WakeLoop & { close(): void } {
  const { store, clock, changes } = deps;
  const kinds = kindsOf(deps.config.retention);
  /** Rows that are history, by prefix. */
  const counts = new Map(kinds.map((kind) => [kind.prefix, store.list(kind.prefix).filter(isHistory(kind)).length]));
  const countOf = ({ prefix }: Kind): number => counts.get(prefix) ?? 0;
  const loop = startWakeLoop(deps, 'retention', async (signal) => {
    for (const kind of kinds) {
      if (kind.sorted) await sweepOldest(deps, kind, countOf(kind), signal);
      else await sweepAll(deps, kind, signal);
    }
    return clock.now() + sweepEveryMs;
  });
  const close = changes.watch(({ events }) => {
    let over = false;
    for (const event of events) {
      const key = event.type === 'put' ? event.entry.key : event.key;
      const kind = kinds.find(({ prefix }) => key.startsWith(prefix));
      if (kind === undefined) continue;
      const after = event.type === 'put' && isHistory(kind)(event.entry) ? 1 : 0;
      const before = event.previous !== undefined && isHistory(kind)(event.previous) ? 1 : 0;
      const grows = after - before;
      const count = countOf(kind) + grows;
      counts.set(kind.prefix, count);
      over ||= count > kind.max + slackRows && grows > 0 && count % slackRows === 0;
    }
    if (over) loop.wake();
  });
  return { ...loop, close };
}

const isHistory =
  ({ since }: Kind) =>
  (entry: StoreEntry): boolean =>
    since(entry) !== null;

interface Leaving {
  readonly key: string;
  readonly modRevision: number;
}

/** For rows that sort by age: walks from the oldest until one may stay. */
async function sweepOldest(
  { store, clock }: ControlDeps,
  kind: Kind,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const now = clock.now();
  let tooMany = count - kind.max;
  let after: string | undefined;
  while (!signal.aborted) {
    const rows: readonly StoreEntry[] = store.list(kind.prefix, {
      limit: loopBatchRows,
      ...(after === undefined ? {} : { after }),
    });
    const history = rows.filter(isHistory(kind));
    const leaving = history.filter((entry, at) => at < tooMany || now - (kind.since(entry) ?? now) > kind.ageMs);
    await remove(store, leaving);
    tooMany -= leaving.length;
    after = rows.at(-1)?.key;
    if (rows.length < loopBatchRows || leaving.length < history.length) return;
  }
}

/** For rows that do not sort by age: looks at all of them. */
async function sweepAll({ store, clock }: ControlDeps, kind: Kind, signal: AbortSignal): Promise<void> {
  const now = clock.now();
  const history = store
    .list(kind.prefix)
    .flatMap((entry) => {
      const since = kind.since(entry);
      return since === null ? [] : [{ key: entry.key, modRevision: entry.modRevision, since }];
    })
    .sort((a, b) => a.since - b.since);
  const tooMany = history.length - kind.max;
  const leaving = history.filter(({ since }, at) => at < tooMany || now - since > kind.ageMs);
  for (let from = 0; from < leaving.length && !signal.aborted; from += loopBatchRows) {
    await remove(store, leaving.slice(from, from + loopBatchRows));
  }
}

/** A row that changed meanwhile (a tombstone) is left to the next sweep together with its batch. */
async function remove(store: ControlDeps['store'], batch: readonly Leaving[]): Promise<void> {
  if (batch.length === 0) return;
  await store.commit({
    expect: batch.map(({ key, modRevision }) => ({ key, modRevision })),
    delete: batch.map(({ key }) => key),
  });
}
