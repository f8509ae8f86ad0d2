import type { Fate, LinkMessage, LinkNetwork } from '../adapters/link/loopback-network.ts';
import type { SimRandom } from './sim-random.ts';
import type { SimTime } from './sim-time.ts';
import type { Trace } from './trace.ts';

/** How bad the network is. Chances are per message. */
export interface NetworkWeather {
  readonly minMs: number;
  readonly maxMs: number;
  /** A message is held up this long now and then, so that others overtake it. */
  readonly lateChance: number;
  readonly lateMaxMs: number;
  readonly loseChance: number;
  readonly duplicateChance: number;
}

export const fairWeather: NetworkWeather = {
  minMs: 1,
  maxMs: 5,
  lateChance: 0,
  lateMaxMs: 0,
  loseChance: 0,
  duplicateChance: 0,
};

/** Late, lost, twice. */
export const foulWeather: NetworkWeather = {
  minMs: 1,
  maxMs: 200,
  lateChance: 0.05,
  lateMaxMs: 3_000,
  loseChance: 0.01,
  duplicateChance: 0.1,
};

/** Both ends notice a lost message between these, as a transport's own time-outs would. */
const detectMinMs = 1_000;
const detectMaxMs = 20_000;

/** The wires between nodes and control plane: each message is delayed, lost, doubled or overtaken by chance. */
export class SimNetwork implements LinkNetwork {
  weather: NetworkWeather = fairWeather;
  /** Nodes that nobody reaches. */
  readonly cut = new Set<string>();
  readonly #time: SimTime;
  readonly #random: SimRandom;
  readonly #trace: Trace;

  constructor(time: SimTime, random: SimRandom, trace: Trace) {
    this.#time = time;
    this.#random = random;
    this.#trace = trace;
  }

  async carry({ node, direction, method, leg }: LinkMessage): Promise<Fate> {
    const { weather } = this;
    const late = this.#random.chance(weather.lateChance) ? this.#random.int(weather.lateMaxMs) : 0;
    await this.#time.sleep(this.#random.between(weather.minMs, weather.maxMs) + late);
    const lost = this.cut.has(node) || this.#random.chance(weather.loseChance);
    const doubled = !lost && this.#random.chance(weather.duplicateChance);
    const kind = lost ? 'lose' : doubled ? 'duplicate' : 'deliver';
    this.#trace.line(`net ${node} ${direction} ${method} ${leg} ${kind}`);
    if (kind === 'lose') return { kind, detectMs: this.#random.between(detectMinMs, detectMaxMs) };
    return { kind };
  }

  waitMs(ms: number): Promise<void> {
    return this.#time.sleep(ms);
  }
}
