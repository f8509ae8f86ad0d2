import { asyncVerb } from '../verb-command.ts';

export const vmStart = asyncVerb({
  verb: 'start',
  details: 'A VM that failed is tried again at once, its backoff is reset.',
  examples: [
    { line: 'holdfast vm start web-1 --wait', text: 'start and follow until it runs' },
    { line: 'holdfast vm start -l app=web', text: 'start every VM with that label' },
  ],
});
