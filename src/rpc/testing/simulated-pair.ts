import { Duplex } from 'node:stream';

/** A network of one wire inside a simulation: nothing moves until `step`, and what moves is decided by the seed. */
export type SimulatedPair = {
  readonly ends: readonly [Duplex, Duplex];
  /** Moves some bytes in one direction. False: nothing was waiting. */
  step(): boolean;
  /** Bytes delivered so far, both directions together. */
  readonly delivered: () => number;
  /** Everything delivered, as one line per delivery: equal seeds have equal traces. */
  readonly trace: readonly string[];
};

/** `cutAt`: the wire breaks, for both, once that many bytes have passed. */
export function simulatedPair(random: () => number, cutAt = Number.POSITIVE_INFINITY): SimulatedPair {
  const trace: string[] = [];
  let delivered = 0;
  const left = new SimulatedEnd();
  const right = new SimulatedEnd();
  const ways = [
    { name: '>', from: left, to: right },
    { name: '<', from: right, to: left },
  ] as const;

  const cut = (): void => {
    trace.push('cut');
    for (const end of [left, right]) end.destroy(new Error('the simulated wire was cut'));
  };

  const step = (): boolean => {
    const ready = ways.filter(({ from, to }) => from.waiting && !to.destroyed);
    const way = ready[Math.floor(random() * ready.length)];
    if (way === undefined) return false;
    const most = Math.min(way.from.waitingBytes, cutAt - delivered);
    const bytes = way.from.takeBytes(Math.min(most, 1 + Math.floor(random() ** 3 * 4_000)));
    delivered += bytes.length;
    trace.push(`${way.name}${bytes.toString('latin1')}`);
    if (bytes.length > 0) way.to.push(bytes);
    else way.to.push(null);
    if (delivered >= cutAt) cut();
    return true;
  };
  return { ends: [left, right], step, delivered: () => delivered, trace };
}

class SimulatedEnd extends Duplex {
  #waiting: Buffer[] = [];
  #endWaits = false;

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, 0);
  }

  get waiting(): boolean {
    return this.#waiting.length > 0 || this.#endWaits;
  }

  /** The next bytes of what was written; none: the end of the stream. */
  takeBytes(count: number): Buffer {
    if (this.#waiting.length === 0) {
      this.#endWaits = false;
      return Buffer.alloc(0);
    }
    const all = Buffer.concat(this.#waiting);
    this.#waiting = count < all.length ? [all.subarray(count)] : [];
    return all.subarray(0, count);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#waiting.push(Buffer.from(chunk));
    done();
  }

  override _final(done: () => void): void {
    this.#endWaits = true;
    done();
  }
}
