/** How the children of `up` use memory and collect garbage. Benchmarks start theirs the same way. */
import { availableParallelism } from 'node:os';

/**
 * Threads that help V8 to collect garbage. Node's four, on a host with fewer cores, wait for each other's turn while the main
 * thread waits for them: with one fewer than cores, measured on two, a twentieth more changes a second.
 */
const helpers = Math.min(4, Math.max(1, availableParallelism() - 1));

/**
 * A young generation large enough for what requests in flight hold: with a quarter of it, measured, requests that wait for a
 * sync were taken for old ones, and reads and writes cost twice the time of the main thread for no less memory. And a heap that
 * grows by half of what lives before it is swept, where V8 would let it double or more: with 10,000 VMs 80 to 200 MB less. A
 * quarter would be 20 MB less again, and cost changes a tenth of the main thread.
 */
export const childNodeOptions: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=16',
  '--heap-growing-percent=50',
  `--v8-pool-size=${helpers}`,
];

/**
 * For the C library's allocator, where it is glibc's: messages of some MB come and go, and by default it keeps what they
 * occupied. Measured with 10,000 VMs: 100 MB less. Batches and pages of tens of kB leave holes too that nothing else fills: a
 * threshold of 128 kB would be 15 MB more, and not faster.
 */
export const childEnv: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(128 * 1024),
};
