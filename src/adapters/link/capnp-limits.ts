import type { RpcLimits } from '../../rpc/limits.ts';

/**
 * A peer that vanished without a word (power, partition) is noticed well within a lease of 30 s (spec §9). The other limits
 * of the RPC layer fit: a full report or assignment of 10,000 instances is some 30 MB of its 64.
 */
export const linkLimits: Partial<RpcLimits> = { keepAliveMs: 8_000, keepAliveTimeoutMs: 8_000 };
