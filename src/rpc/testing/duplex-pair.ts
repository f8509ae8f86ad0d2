import { Duplex } from 'node:stream';

/** Two ends of a stream inside this process. What one writes the other reads, in chunks as written. */
export function duplexPair(): [Duplex, Duplex] {
  const left = new PairEnd();
  const right = new PairEnd();
  left.other = right;
  right.other = left;
  return [left, right];
}

class PairEnd extends Duplex {
  other: PairEnd | undefined;
  #continueWrite: (() => void) | undefined;

  override _read(): void {
    const proceed = this.#continueWrite;
    this.#continueWrite = undefined;
    proceed?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const other = this.other;
    if (other === undefined || other.destroyed) done();
    else if (other.push(chunk)) process.nextTick(done);
    else other.#continueWrite = done;
  }

  override _final(done: () => void): void {
    if (this.other?.destroyed === false) this.other.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.other;
    if (other !== undefined && !other.destroyed) process.nextTick(() => other.destroy());
    this.#continueWrite?.();
    done(error);
  }
}
