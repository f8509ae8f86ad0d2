import { syncVerb } from '../verb-command.ts';

export const vmPause = syncVerb({
  verb: 'pause',
  past: 'paused',
  details:
    'The vCPUs stand still; memory and console stay. It is kept paused until resume, start, stop, poweroff or reboot.',
  examples: [{ line: 'holdfast vm pause web-1', text: 'hold the guest still' }],
});
