import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitCodeOf, type Finding, renderFindings } from './finding.ts';

const findings: readonly Finding[] = [
  { check: 'node', verdict: 'ok', message: 'Node 24.21.0', mend: null },
  { check: 'qemu-img', verdict: 'missing', message: 'not found', mend: 'sudo apt-get install qemu-utils' },
];

test('renderFindings() prints the command that mends a finding below it', () => {
  assert.equal(
    renderFindings(findings, null),
    [
      'ok       node      Node 24.21.0',
      'missing  qemu-img  not found',
      '                   → sudo apt-get install qemu-utils',
      '',
    ].join('\n'),
  );
});

test('exitCodeOf() is 1 only when VMs cannot run here', () => {
  assert.equal(exitCodeOf(findings), 1);
  assert.equal(exitCodeOf([{ check: 'kvm', verdict: 'limited', message: 'm', mend: 'x' }]), 0);
});
