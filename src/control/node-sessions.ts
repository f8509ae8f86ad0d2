/**
 * The sessions of agents: who is connected, what its lease says, and how to call it. One live session a node; a second
 * one is refused until the first is closed or its lease is over (spec §9 `node_in_use`).
 */
import type { TimeMs } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import type { NodeHello, NodeService } from '../ports/control-link.ts';

export interface NodeSession {
  readonly node: string;
  readonly hello: NodeHello;
  readonly service: NodeService;
  /** Aborts when the session ends, with the reason. */
  readonly signal: AbortSignal;
  /** Own time of the last message; messages renew the lease. */
  heardAt: TimeMs;
  /** Newest sequence applied; an older report is ignored (S31). */
  lastSequence: number;
  /** Own clock minus the node's; null before its first report. */
  clockSkewMs: number | null;
  /** Resolves once a whole report of this session is stored: the control plane knows what the node knows. */
  readonly accounted: Promise<void>;
  /** A whole report is stored. */
  account(): void;
  end(because: string): void;
}

/** The sessions of one control plane. */
export class NodeSessions {
  readonly #live = new Map<string, NodeSession>();
  /** Last words of sessions that are over, by node. */
  readonly #lastHeard = new Map<string, TimeMs>();

  get(node: string): NodeSession | undefined {
    return this.#live.get(node);
  }

  /** When this control plane last heard of the node, connected or not; null = never. */
  heardAt(node: string): TimeMs | null {
    return this.#live.get(node)?.heardAt ?? this.#lastHeard.get(node) ?? null;
  }

  all(): Iterable<NodeSession> {
    return this.#live.values();
  }

  isCurrent(session: NodeSession): boolean {
    return this.#live.get(session.node) === session;
  }

  add(session: NodeSession): void {
    this.#live.set(session.node, session);
    session.signal.addEventListener('abort', () => {
      this.#lastHeard.set(session.node, session.heardAt);
      if (this.isCurrent(session)) this.#live.delete(session.node);
    });
  }

  /** The session to call, or the fault `node_unreachable`: nothing was sent. */
  require(node: string | null, action: string): NodeSession {
    const session = node === null ? undefined : this.#live.get(node);
    if (session !== undefined) return session;
    const where = node === null ? 'it is on no node' : `node ${node} is not connected`;
    throw new Fault('node_unreachable', `Cannot ${action}: ${where}; nothing was changed`);
  }

  endAll(because: string): void {
    for (const session of [...this.#live.values()]) session.end(because);
  }
}
