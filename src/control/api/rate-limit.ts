/** A token bucket per principal: cheap enough to stand before every request. */
export interface RateLimit {
  /** False when the principal has used up its share for now. */
  take(principal: string, nowMs: number): boolean;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Principals remembered; more start with a full bucket again. */
const bucketsMax = 10_000;

export function createRateLimit({
  perSecond,
  burst,
}: {
  readonly perSecond: number;
  readonly burst: number;
}): RateLimit {
  const buckets = new Map<string, Bucket>();
  return {
    take(principal, nowMs) {
      let bucket = buckets.get(principal);
      if (bucket === undefined) {
        if (buckets.size >= bucketsMax) buckets.clear();
        bucket = { tokens: burst, at: nowMs };
        buckets.set(principal, bucket);
      }
      if (nowMs > bucket.at) {
        bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.at) / 1000) * perSecond);
        bucket.at = nowMs;
      }
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
  };
}
