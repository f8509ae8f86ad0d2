/**
 * Turns silence into node health (spec §9), by the control plane's own clock. After a start every node gets a whole
 * lease before it counts as silent; what is known of it is older than that where nobody was there to hear it for longer, or
 * where it comes from a backup. The change of a node's row is what makes its instances `stale`.
 */
import { nodeHealthAt } from '../core/node/node-health.ts';
import type { ControlConfig, ControlDeps } from './control-config.ts';
import { newEvent, systemPrincipal } from './new-event.ts';
import { heardKeptEveryMs, type NodeSessions } from './node-sessions.ts';
import { type NodeRow, nodeKey, nodePrefix, put, rowOf } from './rows.ts';
import { startWakeLoop, type WakeLoop } from './wake-loop.ts';

export interface NodeHealthLoop extends WakeLoop {
  /** A message of the node arrived. */
  heard(node: string): void;
}

export function startNodeHealth(
  deps: ControlDeps & { readonly sessions: NodeSessions; readonly config: ControlConfig },
): NodeHealthLoop {
  const { store, clock, random, sessions, config } = deps;
  const startedAt = clock.now();
  const heardAt = new Map<string, number>();

  /** Silent for longer than a lease before this start, also where its very last words were not stored any more. */
  const isKnownOfOld = (node: string): boolean =>
    !heardAt.has(node) &&
    startedAt - (sessions.heardAt(node) ?? startedAt) >= config.nodeTimes.staleAfterMs + heardKeptEveryMs;

  const judge = async (now: number): Promise<number | null> => {
    let nextAt: number | null = null;
    for (const entry of store.list(nodePrefix)) {
      const row = rowOf<NodeRow>(entry);
      const { name, health } = row.value;
      if (health === 'removed') continue;
      const heard = Math.max(sessions.get(name)?.heardAt ?? 0, heardAt.get(name) ?? 0, startedAt);
      const silence = nodeHealthAt(heard, now, config.nodeTimes);
      const verdict =
        silence.health === 'ready' && isKnownOfOld(name) ? { ...silence, health: 'stale' as const } : silence;
      if (verdict.changesAt !== null) nextAt = Math.min(nextAt ?? verdict.changesAt, verdict.changesAt);
      // Silence right after a start of this process proves nothing: a node stays as silent as it was until a lease is over.
      if (verdict.health === health || (silence.health === 'ready' && !heardAt.has(name) && health !== 'ready'))
        continue;
      const message = `Node ${name} is ${verdict.health} (was ${health})`;
      const event = { at: now, code: `node_${verdict.health}`, message, record: null, node: name, by: systemPrincipal };
      const awaySince = verdict.health === 'ready' ? null : (row.value.awaySince ?? now);
      const judged = { ...row.value, health: verdict.health, healthSince: now, awaySince };
      const { ok } = await store.commit({
        expect: [{ key: nodeKey(name), modRevision: row.modRevision }],
        put: [put(nodeKey(name), judged satisfies NodeRow), newEvent(random, event)],
      });
      // Somebody wrote the row in the meantime: it is judged anew.
      if (!ok) nextAt = now;
    }
    return nextAt;
  };

  const loop = startWakeLoop(deps, 'node health', async () => await judge(clock.now()));
  return {
    ...loop,
    heard(node) {
      const first = !heardAt.has(node);
      heardAt.set(node, clock.now());
      const entry = store.get(nodeKey(node));
      const ready = entry !== undefined && rowOf<NodeRow>(entry).value.health === 'ready';
      if (first || !ready) loop.wake();
    },
  };
}
