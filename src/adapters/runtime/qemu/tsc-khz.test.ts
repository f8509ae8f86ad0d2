import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTscKhz } from './tsc-khz.ts';

const cpuinfo = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}\t: ${value}\n`)
    .join('');

test('the rate of the counter is half of bogomips, whatever clock the processor has just now', () => {
  const text = cpuinfo({ processor: '0', 'cpu MHz': '1200.000', flags: 'fpu tsc constant_tsc', bogomips: '5192.28' });
  assert.equal(parseTscKhz(text), 2_596_140);
});

test('without a counter of constant rate, or without bogomips, nothing is claimed', () => {
  assert.equal(parseTscKhz(cpuinfo({ processor: '0', flags: 'fpu tsc', bogomips: '5192.28' })), null);
  assert.equal(parseTscKhz(cpuinfo({ processor: '0', flags: 'fpu tsc constant_tsc' })), null);
  assert.equal(parseTscKhz(''), null);
});
