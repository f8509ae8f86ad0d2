/** How a health check reaches a guest: through the host's side of a port forward (spec §2 `health_checks`). */
export interface HealthProber {
  /** Null when the port accepts a connection, else why not. Never throws but for `signal`, which also is the deadline. */
  tcp(target: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<string | null>;
  /** Null when the answer is 2xx or 3xx, else why not. */
  http(
    target: { readonly host: string; readonly port: number; readonly path: string },
    signal: AbortSignal,
  ): Promise<string | null>;
}
