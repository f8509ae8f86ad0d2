import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmSpec } from '../instance/spec.ts';
import { aSpec } from '../instance/testing/builders.ts';
import { decideApplyMode } from './decide-apply-mode.ts';
import { explainRefusal } from './explain-refusal.ts';
import { planChange } from './plan-change.ts';

const live = { cpuCores: 1, memoryMib: 512, cpuCoresMax: 1, memoryMaxMib: 512 };
const base = aSpec({ memoryMib: 512, imageUrl: 'file:///i', imageFormat: 'raw', diskGib: 4 });

function refusal(fields: Partial<VmSpec>, verb = 'change', allowReplace = false) {
  const mode = decideApplyMode(planChange(base, { ...base, ...fields }, live), {
    running: true,
    restartAsked: false,
    onRestart: 'refuse',
    allowReplace,
  });
  assert.ok(mode.kind === 'refuse');
  return explainRefusal(mode, { name: 'web-1', verb, live });
}

test('a refused resize says what the specification example says', () => {
  assert.deepEqual(refusal({ memoryMib: 1024 }, 'resize'), {
    message: 'Cannot resize VM "web-1" in place: memory_mib 1024 is above the headroom 512 of the running incarnation',
    nextAction: 'Repeat with on_restart=restart, or on_restart=defer to apply it at the next start',
  });
});

test('a disk that may be lost does not let a running guest be stopped: the restart is refused by itself (spec §2)', () => {
  assert.deepEqual(refusal({ imageSha256: 'a'.repeat(64) }, 'change', true), {
    message: 'Cannot change VM "web-1" in place: image_sha256 makes the root disk anew',
    nextAction: 'Repeat with on_restart=restart, or on_restart=defer to apply it at the next start',
  });
});

test('a refusal that a second one would follow names all that lets the change through: the disk and the restart', () => {
  const both = 'Repeat with allow_replace=true if the content of "root" may be lost';
  assert.equal(
    refusal({ imageUrl: 'file:///j' }).nextAction,
    `${both}; the VM runs, so also with on_restart=restart, or on_restart=defer to apply it at the next start`,
  );
  const mode = decideApplyMode(planChange(base, { ...base, imageUrl: 'file:///j' }, live), {
    running: true,
    restartAsked: false,
    onRestart: 'defer',
    allowReplace: false,
  });
  assert.ok(mode.kind === 'refuse');
  assert.equal(explainRefusal(mode, { name: 'web-1', verb: 'change', live }).nextAction, both);
});

test('a refusal names each disk whose content would be lost, and never grows without bound', () => {
  assert.match(
    refusal({ imageUrl: 'file:///j' }).message,
    /losing the content of disk "root": image_url makes the root disk anew$/,
  );
  assert.match(refusal({ diskGib: 3 }).message, /disk_gib 3 is smaller than the disk/);
  const many = refusal({ cmdline: 'a', accel: 'tcg', machine: 'microvm', firmwareId: 'ovmf', initrd: 'file:///r' });
  assert.match(many.message, /; and 2 more$/);
});

test('a change back to what runs, while a restart that was asked for is held up, names that restart and no loss (ADR 14)', () => {
  const present = { ...live, spec: base, restartAsked: true };
  const pending = { ...base, imageUrl: 'file:///none', cmdline: 'quiet' };
  const mode = decideApplyMode(planChange(pending, { ...pending, imageUrl: base.imageUrl }, present), {
    running: true,
    restartAsked: true,
    onRestart: 'refuse',
    allowReplace: false,
  });
  assert.ok(mode.kind === 'refuse');
  assert.deepEqual(explainRefusal(mode, { name: 'web-1', verb: 'change', live: present }), {
    message:
      'Cannot change VM "web-1" in place: image_url "file:///i" is what runs, but a restart was asked for before and is still to come',
    nextAction:
      'Repeat with on_restart=restart: a restart that was asked for before comes in any case, as soon as all it needs is there',
  });
});
