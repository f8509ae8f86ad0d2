/**
 * A scripted node for tests of the control plane: it holds assignments, makes them true the moment it is told to, and
 * reports. It decides nothing by itself, so that each test says what the node does and when.
 */
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { VmMetrics } from '../../core/instance/evidence.ts';
import { asIncarnationId, type Uid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { Assignment } from '../../core/node/assignment.ts';
import type { ObservedIncarnation, ObservedInstance, UnassignedRuntime } from '../../core/node/observation.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  ConsoleViewer,
  ControlService,
  ControlSession,
  NodeHello,
  NodeReport,
  NodeService,
} from '../../ports/control-link.ts';

export interface FakeNodeOptions {
  readonly node?: string;
  readonly clusterId?: string | null;
  readonly session?: string;
  readonly capacity?: NodeHello['capacity'];
}

/** As a guest on a user-mode network has them. */
const someMetrics: VmMetrics = {
  ...{ cpuUsage: 0.03, memoryUsedMib: 141, diskReadBytes: 48_234_496, diskWriteBytes: 2_097_152 },
  ...{ netRxBytes: null, netTxBytes: null, uptimeSeconds: 702 },
};

/** Incarnation ids are never reused, not even by the next life of a node. */
let minted = 0;

export class FakeNode {
  readonly #clock: Clock;
  readonly #service: ControlService;
  readonly hello: NodeHello;
  readonly observed = new Map<Uid, ObservedInstance>();
  readonly viewers: ConsoleViewer[] = [];
  readonly typed: string[] = [];
  /** What a viewer gets first. */
  history = 'scrollback\n';
  /** Follows each frame that was typed; the next one waits for it. */
  onTyped: () => Promise<void> = async () => undefined;
  assignment: Assignment | null = null;
  unassigned: readonly UnassignedRuntime[] = [];
  /** What the next synchronous call does instead of working. */
  failWith: Fault | null = null;
  /** Newer runs are held up: it pauses and resumes the one it has, and realises no generation. */
  heldUp = false;
  session: ControlSession | undefined;
  #sequence = 0;

  constructor(clock: Clock, service: ControlService, options: FakeNodeOptions = {}) {
    this.#clock = clock;
    this.#service = service;
    this.hello = {
      node: options.node ?? 'node-1',
      clusterId: options.clusterId ?? null,
      session: options.session ?? `session-of-${options.node ?? 'node-1'}`,
      agentVersion: '0.0.0-test',
      bootId: 'boot-1',
      capacity: options.capacity ?? { cpuCores: 4, memoryMib: 8192 },
      runtimes: [{ kind: 'qemu', version: '7.2', accel: 'tcg', accelBecause: 'test' }],
    };
  }

  async connect(): Promise<this> {
    this.session = await this.#service.connect(this.hello, this.#nodeService(), new AbortController().signal);
    return this;
  }

  /** Waits for an assignment newer than the one it holds. */
  async pull(signal: AbortSignal = new AbortController().signal): Promise<Assignment> {
    this.assignment = await this.#live().getAssignment(this.assignment?.at ?? null, signal);
    return this.assignment;
  }

  /** Makes everything it was told to true, and reports it. */
  async obey(): Promise<void> {
    const removed: Uid[] = [];
    for (const desired of this.assignment?.instances ?? []) {
      if (desired.desiredPhase === 'deleted') {
        this.observed.delete(desired.uid);
        removed.push(desired.uid);
      } else this.observed.set(desired.uid, this.#realise(desired));
    }
    await this.report({ removed });
  }

  /** Pulls and obeys until the assignment says what the node has done. */
  async follow(): Promise<void> {
    await this.pull();
    await this.obey();
  }

  async report(
    fields: { readonly removed?: readonly Uid[]; readonly full?: boolean; readonly events?: NodeReport['events'] } = {},
  ): Promise<void> {
    this.#sequence += 1;
    await this.#live().report(
      {
        session: this.hello.session,
        sequence: this.#sequence,
        sentAt: this.#clock.now(),
        seen: this.assignment?.at ?? null,
        full: fields.full ?? false,
        instances: [...this.observed.values()],
        metrics: [...this.observed.values()].map(({ uid }) => ({
          uid,
          metrics: someMetrics,
          observedAt: this.#clock.now(),
        })),
        removed: fields.removed ?? [],
        unassigned: this.unassigned,
        events: fields.events ?? [],
      },
      new AbortController().signal,
    );
  }

  desired(name: string): DesiredVm {
    const found = this.assignment?.instances.find((instance) => instance.name === name);
    if (found === undefined) throw new Error(`The fake node holds no VM "${name}"`);
    return found;
  }

  /** Changes what it will report of a VM. */
  script(name: string, change: (observed: ObservedInstance) => Partial<ObservedInstance>): ObservedInstance {
    const desired = this.desired(name);
    const before = this.observed.get(desired.uid) ?? this.#realise(desired);
    const after = { ...before, ...change(before) };
    this.observed.set(desired.uid, after);
    return after;
  }

  /** An incarnation of what is desired now, in a state. */
  incarnation(desired: DesiredVm, fields: Partial<ObservedIncarnation> = {}): ObservedIncarnation {
    const before = this.observed.get(desired.uid)?.incarnation ?? null;
    const same = before !== null && before.run === desired.run;
    if (!same) minted += 1;
    return {
      id: same ? before.id : asIncarnationId(`0195a3c1-9d02-7b60-8c11-${String(minted).padStart(12, '0')}`),
      run: desired.run,
      state: 'running',
      stateGeneration: same ? before.stateGeneration + 1 : 3,
      stateSince: this.#clock.now(),
      startedAt: same ? before.startedAt : this.#clock.now(),
      startedGeneration: desired.generation,
      runningHash: desired.specHash,
      startedSpec: desired.spec,
      stopping: null,
      endCause: null,
      ...fields,
    };
  }

  #realise(desired: DesiredVm): ObservedInstance {
    const before = this.observed.get(desired.uid);
    const off = desired.desiredPhase !== 'running';
    const state = off ? 'destroyed' : desired.desiredPaused ? 'paused' : 'running';
    const incarnation = off && before === undefined ? null : this.#settled(desired, before?.incarnation ?? null, state);
    return {
      uid: desired.uid,
      placement: desired.placement,
      seenGeneration: desired.generation,
      observedGeneration: desired.generation,
      incarnation,
      everRan: before?.everRan === true || !off,
      guest: off ? 'none' : desired.desiredPaused ? 'paused' : 'running',
      silentSince: null,
      facts: null,
      failure: null,
      operationError: null,
      history: before?.history ?? [],
      restart: { attempt: 0, nextAt: null },
      runEnded: null,
      waiting: null,
      images: before?.images ?? {},
      hostPorts: before?.hostPorts ?? {},
      health: null,
      unready: [],
    };
  }

  #keep({ generation, desiredPaused }: DesiredVm, before: ObservedInstance): ObservedInstance {
    const state = desiredPaused ? 'paused' : 'running';
    const { incarnation } = before;
    if (incarnation === null) throw new Error('The fake node has no run to keep');
    const stateGeneration = incarnation.stateGeneration + 1;
    return {
      ...before,
      seenGeneration: generation,
      guest: state,
      incarnation: { ...incarnation, state, stateGeneration },
    };
  }

  #settled(
    desired: DesiredVm,
    before: ObservedIncarnation | null,
    state: ObservedIncarnation['state'],
  ): ObservedIncarnation {
    if (before !== null && before.run === desired.run && before.state === state) return before;
    return this.incarnation(desired, { state, ...(state === 'destroyed' ? { startedAt: null } : {}) });
  }

  #live(): ControlSession {
    if (this.session === undefined) throw new Error('The fake node is not connected');
    return this.session;
  }

  #nodeService(): NodeService {
    return {
      converge: async (uid, generation) => {
        this.#maybeFail();
        while ((this.assignment?.instances.find((vm) => vm.uid === uid)?.generation ?? 0) < generation) {
          await this.pull();
        }
        const desired = this.assignment?.instances.find((vm) => vm.uid === uid);
        if (desired === undefined) throw new Fault('no_such_instance', 'Not assigned');
        const before = this.observed.get(uid);
        const observed = this.heldUp && before !== undefined ? this.#keep(desired, before) : this.#realise(desired);
        this.observed.set(uid, observed);
        return observed;
      },
      reset: async (uid) => {
        this.#maybeFail();
        const observed = this.observed.get(uid);
        if (observed === undefined) throw new Fault('not_running', 'Cannot reset: it is not running');
        return observed;
      },
      openConsole: async (uid, _scrollback, viewer) => {
        this.#maybeFail();
        const incarnationId = this.observed.get(uid)?.incarnation?.id;
        if (incarnationId === undefined) throw new Fault('not_running', 'Cannot open the console: it is not running');
        this.viewers.push(viewer);
        const history = Buffer.from(this.history);
        await viewer.data(history);
        return {
          incarnationId,
          historyBytes: history.length,
          write: async (bytes) => {
            this.typed.push(Buffer.from(bytes).toString('utf8'));
            await this.onTyped();
          },
          close: () => {
            const at = this.viewers.indexOf(viewer);
            if (at >= 0) this.viewers.splice(at, 1);
          },
        };
      },
      readLog: async (_uid, maxBytes) => {
        this.#maybeFail();
        return Buffer.from('boot marker\n'.slice(-maxBytes));
      },
    };
  }

  #maybeFail(): void {
    const fault = this.failWith;
    this.failWith = null;
    if (fault !== null) throw fault;
  }
}
