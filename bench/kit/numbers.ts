/** The value below which this share of the samples lies. NaN without samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`;
}

export function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

export function ratio(value: number, peer: number): string {
  return `${(value / peer).toFixed(2)}×`;
}

/** `p50 3.1 ms, p99 9.0 ms`. */
export function spread(samples: readonly number[]): string {
  return `p50 ${ms(median(samples))}, p99 ${ms(quantile(samples, 0.99))} (n=${samples.length})`;
}
