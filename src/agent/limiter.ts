/** At most `limit` holders at once; the others wait in order. */
export interface Limiter {
  /** Resolves when it is this caller's turn; the result gives the place back, once. Rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<Disposable>;
  waiting(): number;
}

export function createLimiter(limit: number): Limiter {
  let held = 0;
  const queue: (() => void)[] = [];

  const release = () => {
    held -= 1;
    queue.shift()?.();
  };

  const place = (): Disposable => {
    held += 1;
    let given = false;
    return {
      [Symbol.dispose]() {
        if (given) return;
        given = true;
        release();
      },
    };
  };

  return {
    waiting: () => queue.length,
    acquire(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (held < limit) return Promise.resolve(place());
      return new Promise((resolve, reject) => {
        const enter = () => {
          signal.removeEventListener('abort', leave);
          resolve(place());
        };
        const leave = () => {
          queue.splice(queue.indexOf(enter), 1);
          reject(signal.reason);
        };
        queue.push(enter);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
  };
}
