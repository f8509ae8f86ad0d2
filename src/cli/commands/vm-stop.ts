import { asyncVerb } from '../verb-command.ts';

export const vmStop = asyncVerb({
  verb: 'stop',
  details: 'Asks the guest to power off; what follows the grace time is said by stop.on_timeout.',
  examples: [
    { line: 'holdfast vm stop web-1 --wait=90s', text: 'stop and follow, at most 90 s' },
    { line: 'holdfast vm stop -l app=web', text: 'stop every VM with that label' },
  ],
});
