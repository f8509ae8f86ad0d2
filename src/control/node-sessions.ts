/**
 * The sessions of agents: who is connected, what its lease says, and how to call it. One live session a node; a second
 * one is refused until the first is closed or its lease is over (spec §9 `node_in_use`).
 */
import type { TimeMs } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import type { NodeHello, NodeService } from '../ports/control-link.ts';
import type { ControlDeps } from './control-config.ts';
import { type HeardRow, heardKey, put, readRow } from './rows.ts';

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

/**
 * How old the stored time may be: the next life of the control plane knows it to the minute, at the price of one write a
 * minute.
 */
export const heardKeptEveryMs = 60_000;

/** The sessions of one control plane. The only writer of `heard/`. */
export class NodeSessions {
  readonly #deps: Pick<ControlDeps, 'store' | 'clock' | 'log'>;
  readonly #live = new Map<string, NodeSession>();
  /** Last words of sessions that are over, by node. */
  readonly #lastHeard = new Map<string, TimeMs>();
  /** What of it the store has, or is about to. */
  readonly #kept = new Map<string, TimeMs>();
  readonly #writes = new Set<Promise<void>>();

  constructor(deps: Pick<ControlDeps, 'store' | 'clock' | 'log'>) {
    this.#deps = deps;
  }

  get(node: string): NodeSession | undefined {
    return this.#live.get(node);
  }

  /** When the node was last heard of, connected or not, also by an earlier life of the control plane; null = never. */
  heardAt(node: string): TimeMs | null {
    const heard = this.#live.get(node)?.heardAt ?? this.#lastHeard.get(node);
    return heard ?? readRow<HeardRow>(this.#deps.store, heardKey(node))?.value.at ?? null;
  }

  /** A message of the node has come. */
  heard(session: NodeSession): void {
    session.heardAt = this.#deps.clock.now();
    if (session.heardAt - (this.#kept.get(session.node) ?? 0) >= heardKeptEveryMs) this.#keep(session);
  }

  all(): Iterable<NodeSession> {
    return this.#live.values();
  }

  isCurrent(session: NodeSession): boolean {
    return this.#live.get(session.node) === session;
  }

  add(session: NodeSession): void {
    this.#live.set(session.node, session);
    this.#keep(session);
    session.signal.addEventListener('abort', () => {
      if (!this.isCurrent(session)) return;
      this.#lastHeard.set(session.node, session.heardAt);
      this.#live.delete(session.node);
      this.#keep(session);
    });
  }

  /** The session to call for a change, or the fault `node_unreachable`: nothing was sent. */
  require(node: string | null, action: string): NodeSession {
    return this.#find(node, action, '; nothing was changed');
  }

  /** The same for a look. */
  requireToLook(node: string | null, action: string): NodeSession {
    return this.#find(node, action, '');
  }

  /** Ends all; resolves when their last words are stored. */
  async endAll(because: string): Promise<void> {
    for (const session of [...this.#live.values()]) session.end(because);
    await Promise.all(this.#writes);
  }

  #keep({ node, heardAt: at }: NodeSession): void {
    const { store, log } = this.#deps;
    this.#kept.set(node, at);
    const write = store.commit({ put: [put(heardKey(node), { node, at } satisfies HeardRow)] }).then(
      () => undefined,
      // The next message after a minute tries again.
      (error: unknown) => log.debug('Cannot store when a node was last heard of', { node, error: String(error) }),
    );
    this.#writes.add(write);
    write.finally(() => this.#writes.delete(write));
  }

  #find(node: string | null, action: string, end: string): NodeSession {
    const session = node === null ? undefined : this.#live.get(node);
    if (session !== undefined) return session;
    const where = node === null ? 'it is on no node' : `node ${node} is not connected`;
    throw new Fault('node_unreachable', `Cannot ${action}: ${where}${end}`);
  }
}
