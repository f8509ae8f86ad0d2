import { asyncVerb } from '../verb-command.ts';

export const vmPoweroff = asyncVerb({
  verb: 'poweroff',
  details: 'Takes the power away, the guest is not asked.',
  examples: [{ line: 'holdfast vm poweroff web-1', text: 'off at once' }],
});
