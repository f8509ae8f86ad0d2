import type { WatchDeps } from '../client/watch-list.ts';
import type { Cli } from './cli.ts';

export const silenceWords = 'the control plane does not answer; trying again';

/** What a command that follows something works with: it outlives a control plane that is away, and says so once. */
export const watchDeps = (cli: Cli, heardBefore = false): WatchDeps => ({
  client: cli.client(),
  sleep: cli.io.clock.sleep,
  onSilence: () => cli.say(`${silenceWords[0]?.toUpperCase() ?? ''}${silenceWords.slice(1)}`),
  heardBefore,
});
