import type { DecideFate } from '../../adapters/store/memory.ts';

/** A disk that takes its time with every batch after the next one, until it is let go. */
export function aSlowDisk() {
  const release = Promise.withResolvers<void>();
  let quick = Number.POSITIVE_INFINITY;
  const decideFate: DecideFate = async () => {
    quick -= 1;
    if (quick < 0) await release.promise;
    return { kind: 'durable' };
  };
  return {
    decideFate,
    slowAfterNext: () => {
      quick = 1;
    },
    release: () => {
      quick = Number.POSITIVE_INFINITY;
      release.resolve();
    },
  };
}
