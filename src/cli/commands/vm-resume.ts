import { syncVerb } from '../verb-command.ts';

export const vmResume = syncVerb({
  verb: 'resume',
  past: 'resumed',
  examples: [{ line: 'holdfast vm resume web-1', text: 'let the guest go on' }],
});
