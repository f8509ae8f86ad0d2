/** How a health check reaches a guest: through the host's side of a port forward (spec §2 `health_checks`). */
export interface HealthProber {
  /**
   * Null when the guest has accepted a connection, else why not. A forward accepts by itself, whatever the guest does, so a
   * bare connect proves nothing: what the guest sends does, and so does `isAccepted`, which asks whoever forwards. Throws for
   * `signal`, which also is the deadline, and what `isAccepted` throws.
   */
  tcp(
    target: { readonly host: string; readonly port: number },
    isAccepted: (signal: AbortSignal) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<string | null>;
  /** Null when the answer is 2xx or 3xx, else why not. Throws for `signal`, which also is the deadline. */
  http(
    target: { readonly host: string; readonly port: number; readonly path: string },
    signal: AbortSignal,
  ): Promise<string | null>;
}
