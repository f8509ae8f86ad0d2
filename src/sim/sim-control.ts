/** The control plane of a simulated world: lives over one disk. */
import type { Loopback } from '../adapters/link/loopback.ts';
import { type ControlPlane, startControlPlane } from '../control/control-plane.ts';
import { newestTimeIn } from '../control/newest-time.ts';
import type { ControlService } from '../ports/control-link.ts';
import { createSteadyClock } from '../ports/steady-clock.ts';
import type { Store } from '../ports/store.ts';
import { type CrashPoint, Life } from './life.ts';
import { quietLog } from './quiet-log.ts';
import { SimDisk } from './sim-disk.ts';
import type { SimRandom } from './sim-random.ts';
import { createMachineClock, type MachineClock, type SimTime } from './sim-time.ts';
import type { Trace } from './trace.ts';

export interface SimControlDeps {
  readonly time: SimTime;
  readonly random: SimRandom;
  readonly trace: Trace;
  /** Serves the plane to agents; null while there is none. */
  readonly serve: Loopback['serve'];
  /** A store was opened, before anybody writes to it. */
  readonly onOpen: (store: Store) => void;
  readonly onFailed: (error: unknown) => void;
  /** What a test plants between the control plane and its disk. */
  readonly plantStore?: (store: Store, random: SimRandom) => Store;
}

export class SimControl {
  readonly disk: SimDisk;
  readonly clock: MachineClock;
  life: Life | null = null;
  /** The plane, once its start has come to an end. */
  plane: ControlPlane | null = null;
  /** The store of the present life, unguarded. */
  store: Store | null = null;
  readonly #deps: SimControlDeps;

  constructor(deps: SimControlDeps) {
    this.#deps = deps;
    const { time, random } = deps;
    this.disk = new SimDisk(time, random.stream('disk'));
    this.clock = createMachineClock(time, { offsetMs: 0, rate: 1 + random.between(-500, 500) / 1_000_000 });
  }

  get isUp(): boolean {
    return this.plane !== null;
  }

  start(crash: CrashPoint | null = null): Life {
    const { time, trace, serve, onOpen, onFailed, plantStore } = this.#deps;
    const life = new Life('control', crash, (call) => trace.line(call));
    const store = this.disk.open(life);
    this.life = life;
    this.store = store;
    onOpen(store);
    life.onEnd(() => {
      this.plane = null;
      this.store = null;
      serve(null);
    });
    trace.line(`control starts, crash ${crash === null ? 'never' : `${crash.how} call ${crash.at}`}`);
    const clock = createSteadyClock(this.clock.forLife(life));
    clock.notBefore(newestTimeIn(store));
    const random = this.#deps.random.stream(`life at ${time.steps}`, () => clock.now());
    const deps = {
      store: life.guard('store', plantStore?.(store, random.stream('plant')) ?? store),
      clock,
      random,
      log: quietLog,
    };
    life
      .settle(() => startControlPlane(deps))
      .then(
        (plane) => {
          this.plane = plane;
          serve(asLived(life, plane.service));
        },
        (error: unknown) => {
          // As a supervisor sees it: the process ended, and is started again.
          life.end();
          onFailed(error);
        },
      );
    return life;
  }

  /** SIGKILL. */
  kill(): void {
    this.life?.end();
  }
}

/** What agents reach. The calls that the plane makes to a node are counted, as those to its store are. */
function asLived(life: Life, service: ControlService): ControlService {
  return { connect: (hello, node, signal) => service.connect(hello, life.guard('node', node), signal) };
}
