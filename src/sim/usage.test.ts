import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUsage } from './usage.ts';

test('words of the simulator that ask for worlds', () => {
  const usage = readUsage(['--seeds', '3..5', '--hours', '0.5', '--scenario', 'random']);
  assert(typeof usage !== 'string');
  assert.deepEqual(
    usage.worlds.map(({ scenario, seed }) => [scenario.name, seed]),
    [3, 4, 5].map((seed) => ['random', seed]),
  );
  assert.equal(usage.hours, 0.5);
  assert.equal(readUsage(['--help']), 'help');
});

test('words that ask for nothing there is are answered with a sentence, not with a stack', () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [['--sed', '4'], /^Unknown option '--sed'; --help tells/],
    [['7'], /^Unexpected argument '7'/],
    [['--seed'], /argument missing; --help/],
    [['--seed', 'x'], /^Say --seed N or --seeds A\.\.B with whole numbers$/],
    [['--seeds', '5..3'], /^Say --seed N/],
    [['--hours', '0'], /^--hours is a number above 0$/],
    [['--scenario', 'nowhere'], /^There is no scenario "nowhere"; there are:/],
    [['--plant', 'weed'], /^There is no plant "weed"; there are: /],
    [['--list', '/nowhere'], /^--list: \/nowhere cannot be read$/],
  ];
  for (const [args, message] of wrong) assert.match(String(readUsage(args)), message, args.join(' '));
});
