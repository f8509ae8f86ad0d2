import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scrub } from './scrub.ts';

test('texts of processes lose directories and pids before they leave the node (S7)', () => {
  const rules = { instanceDir: '/data/instances/u1', imagesDir: '/data/images', runDir: '/data/instances' };
  assert.equal(
    scrub(
      'qemu: /data/instances/u1/root.qcow2 on /data/images/ab, /data/instances/u2: ended by pid 4242, see /proc/4242/fd',
      rules,
    ),
    'qemu: <instance>/root.qcow2 on <images>/ab, <run>/u2: ended by pid <pid>, see /proc/<pid>/fd',
  );
});

test('texts of processes steer no terminal: a guest can put what it likes into the complaints about it', () => {
  const rules = { instanceDir: '/i', imagesDir: '/m', runDir: '/r' };
  assert.equal(
    scrub('virtio: \u001b]0;owned\u0007bad \u009b2Jqueue\r\nnext', rules),
    'virtio: ]0;ownedbad 2Jqueue\nnext',
  );
});
