import { asyncVerb } from '../verb-command.ts';

export const vmReboot = asyncVerb({
  verb: 'reboot',
  details: 'Stops the guest as stop does, then starts a new incarnation; changes that wait for a start come true.',
  examples: [{ line: 'holdfast vm reboot web-1 --wait', text: 'reboot and follow until it runs again' }],
});
