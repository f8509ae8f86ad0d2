/** How long a transient phase may go on without progress, in milliseconds (spec F1). The node and the control plane time it alike. */

/** `creating` and `starting`; a fetch beside a running guest has it too. */
export const startLimitMs = 300_000;
/** `stopping`: for the process to be gone after the grace time. */
export const stopLimitMs = 30_000;
/** `deleting` and `migrating`. */
export const longLimitMs = 600_000;
