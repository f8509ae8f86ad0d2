import { faultCode } from '../core/kit/fault.ts';

export interface PatienceDeps {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told once in each time in which nobody answers. */
  readonly onSilence?: () => void;
  /** The control plane answered already: silence from the beginning is then no sign of a wrong address. */
  readonly heardBefore?: boolean;
}

/** How a follower outlives a control plane that is away: it tries again, ever more seldom, for as long as its signal lets it. */
export interface Patience {
  /** It answered: what comes now is a new silence. */
  heard(): void;
  /** Pauses before the next attempt. Throws `error` where another attempt would meet it again. */
  after(error: unknown, signal: AbortSignal): Promise<void>;
  pause(signal: AbortSignal): Promise<void>;
}

/** The first pause: what the server itself proposes with `retry:`. */
const firstPauseMs = 500;
/** A control plane that is back is found within this time. */
const longestPauseMs = 5_000;

export function createPatience(deps: PatienceDeps): Patience {
  let everHeard = deps.heardBefore === true;
  let silent = false;
  let pauseMs = firstPauseMs;
  const pause = async (signal: AbortSignal): Promise<void> => {
    await deps.sleep(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
  };
  return {
    heard() {
      everHeard = true;
      silent = false;
      pauseMs = firstPauseMs;
    },
    async after(error, signal) {
      signal.throwIfAborted();
      const code = faultCode(error);
      const away = code === 'server_unreachable' || code === 'node_unreachable';
      if (!(away && everHeard) && code !== 'not_ready' && code !== 'overloaded') throw error;
      if (away && !silent) {
        silent = true;
        deps.onSilence?.();
      }
      await pause(signal);
    },
    pause,
  };
}
