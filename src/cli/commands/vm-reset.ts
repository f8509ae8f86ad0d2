import { syncVerb } from '../verb-command.ts';

export const vmReset = syncVerb({
  verb: 'reset',
  past: 'was reset',
  details: 'Presses the reset button: the guest boots anew in the same process, without warning.',
  examples: [{ line: 'holdfast vm reset web-1', text: 'as the button on a case' }],
});
