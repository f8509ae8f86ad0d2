/**
 * A whole cluster from one seed: a control plane and the agents of some nodes, unchanged, in one process, on simulated time,
 * network, disks, hosts and images. Same seed, same history.
 *
 *   users ─► control plane ─► disk            scenario ─► faults
 *                 ▲                                          │
 *              network ◄── agents ─► disks, hosts, guests ◄──┘        checkers look on after every step
 *
 * Whoever runs a scenario moves time (`advance`, `until`, `during`); nothing happens by itself.
 */
import { MemoryImageSources } from '../adapters/images/memory-world.ts';
import { createLoopback, type Loopback } from '../adapters/link/loopback.ts';
import { type NodeRow, nodeKey, rowOf } from '../control/rows.ts';
import type { Checker } from './checkers/checker.ts';
import { createCheckers } from './checkers/create-checkers.ts';
import { type Executing, executingOn } from './executing.ts';
import { History } from './history.ts';
import { putImages } from './images.ts';
import { createJournalRows, type RecordChange } from './journal-rows.ts';
import { SimControl } from './sim-control.ts';
import { SimFailure } from './sim-failure.ts';
import { SimNetwork } from './sim-network.ts';
import { SimNode } from './sim-node.ts';
import { createSimRandom, type SimRandom } from './sim-random.ts';
import { SimTime, worldStartMs } from './sim-time.ts';
import { createTrace, type Trace } from './trace.ts';
import { Users } from './users.ts';
import type { WorldOptions } from './world-options.ts';

/** Connections of a host without power are missed after as long as a transport needs to notice. */
const silentBreakMinMs = 2_000;
const silentBreakMaxMs = 45_000;

export class SimWorld {
  readonly seed: number;
  readonly random: SimRandom;
  readonly time: SimTime;
  readonly trace: Trace;
  readonly network: SimNetwork;
  readonly sources = new MemoryImageSources();
  readonly control: SimControl;
  readonly nodes: readonly SimNode[];
  readonly history = new History();
  readonly users: Users;
  readonly loopback: Loopback;
  /** Instances that nobody shall own at the end: the scenario took their owner away. */
  readonly unowned = new Set<string>();
  readonly #checkers: readonly Checker[];
  #failure: SimFailure | null = null;
  #executing: readonly Executing[] = [];
  readonly #journalRows = createJournalRows();
  #recorded: readonly RecordChange[] = [];

  constructor(seed: number, options: WorldOptions = {}) {
    this.seed = seed;
    this.random = createSimRandom(`holdfast ${seed}`, () => worldStartMs + (this.time?.elapsedMs ?? 0));
    this.time = new SimTime(this.random.stream('ties'));
    this.trace = createTrace(() => this.time.elapsedMs, options.onLine ?? null);
    const { time, trace, random } = this;
    this.network = new SimNetwork(time, random.stream('network'), trace);
    this.loopback = createLoopback(null, this.network);
    putImages(this.sources);
    this.control = new SimControl({
      time,
      trace,
      random: random.stream('control'),
      serve: (service) => this.loopback.serve(service),
      onOpen: (store) => this.history.follow(store),
      onFailed: (error) => trace.line(`control did not start: ${String(error)}`),
      ...(options.plants?.store === undefined ? {} : { plantStore: options.plants.store }),
    });
    const { checkers, whole, rest, ordered, asked } = createCheckers();
    this.#checkers = checkers;
    this.nodes = Array.from({ length: options.nodes ?? 1 }, (_, at) => {
      const plant = options.plants?.node;
      return new SimNode(
        `node-${at + 1}`,
        {
          time,
          trace,
          random: random.stream(`node ${at + 1}`),
          sources: this.sources,
          link: this.loopback.link,
          onAgentGone: (gone) => this.#breakSessions(gone),
          onAssignment: (node, assignment) => {
            whole.look(this.history, node, assignment);
            asked.look(this.time.elapsedMs, node, assignment);
          },
          onRuntimeCall: (node, verb, uid) => {
            rest.hear(this.time.elapsedMs, node, verb, uid);
            ordered.hear(this.history, node, verb, uid);
          },
          onAgentFailed: (node, error) => this.fail('agent', `the agent of ${node} ended by itself: ${String(error)}`),
          ...(plant === undefined ? {} : { plant }),
        },
        options.agent,
      );
    });
    this.users = new Users({ control: this.control, time, trace, random: random.stream('users') });
  }

  /** Everything up, no crash planned. */
  async boot(): Promise<void> {
    this.control.start();
    for (const node of this.nodes) node.start();
    await this.until(() => this.control.isUp, 5_000, 'the control plane is up');
    const hasJoined = ({ name }: SimNode): boolean => this.control.store?.get(nodeKey(name)) !== undefined;
    await this.until(() => this.nodes.every(hasJoined), 30_000, 'every node has joined');
  }

  node(at = 0): SimNode {
    const node = this.nodes[at];
    if (node === undefined) throw new Error(`The world has no node number ${at}`);
    return node;
  }

  /** Guests that execute now, on all nodes. */
  executing(): readonly Executing[] {
    return this.#executing;
  }

  /** Records that became durable on the nodes in the last step. */
  recorded(): readonly RecordChange[] {
    return this.#recorded;
  }

  /** Uids that the control plane knows as unassigned on a node. */
  unassignedOn(node: string): readonly string[] | null {
    return this.#nodeRow(node)?.unassigned.map(({ uid }) => uid) ?? null;
  }

  /** The same with all that is known of them. */
  unassignedRows(node: string): NodeRow['unassigned'] {
    return this.#nodeRow(node)?.unassigned ?? [];
  }

  /** The session that the control plane last accepted of a node. */
  sessionOf(node: string): string | null {
    return this.#nodeRow(node)?.session ?? null;
  }

  #nodeRow(node: string): NodeRow | null {
    const row = this.control.store?.get(nodeKey(node));
    return row === undefined ? null : rowOf<NodeRow>(row).value;
  }

  fail(checker: string, message: string): void {
    this.#failure ??= new SimFailure(checker, message, this.time.elapsedMs);
  }

  /** Lets `ms` pass. Throws what a checker found. */
  async advance(ms: number): Promise<void> {
    await this.#run(this.time.elapsedMs + ms, () => false);
  }

  /** Lets time pass until the condition holds; throws when it does not within `maxMs`. */
  async until(condition: () => boolean, maxMs: number, what: string): Promise<void> {
    await this.#run(this.time.elapsedMs + maxMs, condition);
    if (!condition()) throw new SimFailure('scenario', `not within ${maxMs / 1000} s: ${what}`, this.time.elapsedMs);
  }

  /** Lets time pass until the promise settles. */
  async during<T>(promise: Promise<T>, maxMs = 120_000): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    await this.until(() => settled, maxMs, 'an answer');
    return await done;
  }

  /** What a scenario expects of the world now. */
  expect(condition: boolean, what: string): void {
    if (!condition) throw new SimFailure('scenario', what, this.time.elapsedMs);
  }

  /** Ends every process of this world. */
  stop(): void {
    this.control.kill();
    for (const node of this.nodes) node.kill();
  }

  /** Everything that must hold once all is quiet. */
  checkEnd(): void {
    for (const { name, atEnd } of this.#checkers) {
      const problems = atEnd?.(this) ?? [];
      if (problems.length > 0) throw new SimFailure(name, problems.join('\n  '), this.time.elapsedMs);
    }
  }

  async #run(untilMs: number, isDone: () => boolean): Promise<void> {
    if (isDone()) return;
    await this.time.runUntil(untilMs, () => {
      this.#executing = executingOn(this.nodes);
      this.#recorded = this.#journalRows(this.nodes, this.history.placements.keys());
      this.#check();
      return this.#failure !== null || isDone();
    });
    if (this.#failure !== null) throw this.#failure;
  }

  #check(): void {
    for (const { name, afterStep } of this.#checkers) {
      const problem = afterStep?.(this) ?? null;
      if (problem !== null) {
        this.fail(name, problem);
        return;
      }
    }
  }

  #breakSessions({ sessions, silently }: { readonly sessions: ReadonlySet<string>; readonly silently: boolean }): void {
    const cut = (): void => {
      this.loopback.breakConnections('the agent is gone', ({ session }) => sessions.has(session));
    };
    if (!silently) cut();
    else this.time.schedule(this.random.between(silentBreakMinMs, silentBreakMaxMs), cut);
  }
}
