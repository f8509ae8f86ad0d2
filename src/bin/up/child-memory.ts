/** How much memory the children of `up` keep that they do not need. Benchmarks start theirs the same way. */

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
];

/**
 * For the C library's allocator, where it is glibc's: messages of some MB come and go, and by default it keeps what they
 * occupied. Measured with 10,000 VMs: 100 MB less.
 */
export const childEnv: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: String(128 * 1024),
  MALLOC_TRIM_THRESHOLD_: String(128 * 1024),
};
