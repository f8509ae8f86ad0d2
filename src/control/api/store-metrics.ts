/** The store's writes for Prometheus: how many share a sync, and how long it takes. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { StoreWrite } from '../../ports/store.ts';

export function createStoreMeter(registry: Registry): (write: StoreWrite) => void {
  const registers = [registry];
  const commits = new Counter({
    name: 'holdfast_store_commits_total',
    help: 'Commits by result: durable or failed.',
    labelNames: ['result'],
    registers,
  });
  const sizes = new Histogram({
    name: 'holdfast_store_batch_commits',
    help: 'Commits that shared a sync.',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    registers,
  });
  const times = new Histogram({
    name: 'holdfast_store_sync_duration_seconds',
    help: 'Time until a batch was durable.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers,
  });
  return ({ commits: count, seconds, isDurable }) => {
    commits.inc({ result: isDurable ? 'durable' : 'failed' }, count);
    sizes.observe(count);
    times.observe(seconds);
  };
}
