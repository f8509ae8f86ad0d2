import assert from 'node:assert/strict';
import { test } from 'node:test';
import { optionValues } from '../../cli/option-values.ts';
import { defaultCapacityLimits } from '../../core/placement/resources.ts';
import { capacityArguments, capacityLimitsOf, capacityOptions } from './capacity-options.ts';

test('capacity comes from flags before the environment before the defaults', () => {
  assert.deepEqual(capacityLimitsOf(optionValues({}), {}), defaultCapacityLimits);
  const options = optionValues({ 'cpu-overcommit': '2.5', 'reserve-memory-mib': '2048' });
  const env = { HOLDFAST_CPU_OVERCOMMIT: '4', HOLDFAST_VM_OVERHEAD_MIB: '100', HOLDFAST_MEMORY_OVERCOMMIT: '' };
  assert.deepEqual(capacityLimitsOf(options, env), {
    cpuOvercommit: 2.5,
    memoryOvercommit: 1,
    hostReserve: { cpuCores: 0, memoryMib: 2048 },
    vmOverhead: { cpuCores: 0, memoryMib: 100 },
  });
  assert.deepEqual(capacityArguments(options), ['--cpu-overcommit', '2.5', '--reserve-memory-mib', '2048']);
});

test('a setting that is no number of its range is a usage error that names where it came from', () => {
  const limits = (values: object, env = {}) => capacityLimitsOf(optionValues({ ...values }), env);
  assert.throws(() => limits({ 'cpu-overcommit': '0' }), /^Fault: --cpu-overcommit is a number 0\.1\.\.1000, not '0'/);
  assert.throws(() => limits({ 'reserve-memory-mib': '1.5' }), /--reserve-memory-mib is a whole number/);
  assert.throws(() => limits({}, { HOLDFAST_MEMORY_OVERCOMMIT: 'much' }), /HOLDFAST_MEMORY_OVERCOMMIT is a number/);
});

test('each capacity option names its variable and its default', () => {
  for (const { text } of capacityOptions) assert.match(text, /\(HOLDFAST_[A-Z_]+; \d+\)$/);
});
