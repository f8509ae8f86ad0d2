import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { VmSpec } from '../../../core/instance/spec.ts';
import { aSpec } from '../../../core/instance/testing/builders.ts';
import { asUid, type Uid } from '../../../core/kit/brand.ts';
import { faultCode } from '../../../core/kit/fault.ts';
import type { CachedImage } from '../../../ports/images.ts';
import { asOrdinaryUser, cannotDropRoot } from '../../../ports/testing/as-ordinary-user.ts';
import { createLayout, type Layout } from './layout.ts';
import { canUseOwnUsers } from './own-users.ts';
import { realise } from './realise.ts';

const isMissing = spawnSync('qemu-img', ['--version']).error !== undefined && 'qemu-img is not installed';
const dir = mkdtempSync(join(tmpdir(), 'holdfast-realise-'));
const layout = createLayout(join(dir, 'instances'));
const deps = { layout, ownUsers: canUseOwnUsers(), ovmfVars: null };
const signal = new AbortController().signal;
const MIB = 2 ** 20;
let count = 0;

after(() => rmSync(dir, { recursive: true, force: true }));

function anImage(sha256: string, cache = dir): CachedImage {
  const path = join(cache, `image-${sha256}`);
  writeFileSync(path, Buffer.alloc(MIB, sha256), { mode: 0o400 });
  return { sha256, sizeBytes: MIB, virtualSizeBytes: MIB, format: 'raw', path };
}

const cloudInit = { userData: null, networkConfig: null, sshAuthorizedKeys: [], hostname: 'web-1' };
const memoryDir = '/dev/shm';
const isOneFileSystem =
  (!existsSync(memoryDir) || statSync(memoryDir).dev === statSync(tmpdir()).dev) &&
  `${memoryDir} is no file system of its own`;

/** Instances in a directory of whoever asks for it. */
function ownLayout(parent: string): Layout {
  const { root } = createLayout(mkdtempSync(join(parent, 'holdfast-own-')));
  after(() => rmSync(root, { recursive: true, force: true }));
  return createLayout(root);
}

/** What an agent that was killed midway leaves of a file that nobody writes to once it is whole. */
function leaveHalf(own: Layout, uid: Uid, name: string): void {
  mkdirSync(own.instance(uid));
  writeFileSync(`${own.file(uid, name)}.new`, 'half', { mode: 0o440 });
}

function aRequest(image: CachedImage | null, spec: Partial<VmSpec> = {}) {
  count += 1;
  const uid = asUid(`0195a3c1-7a44-7c1e-9b1f-${String(count).padStart(12, '0')}`);
  const artefacts = { root: image, kernel: null, initrd: null };
  return { uid, name: 'vm', spec: aSpec(spec), artefacts, replaceRoot: false, madeBefore: [] };
}

const info = (file: string): Record<string, unknown> =>
  JSON.parse(String(spawnSync('qemu-img', ['info', '--output=json', file]).stdout)) as Record<string, unknown>;

describe('realising an instance', { skip: isMissing }, () => {
  test('the root disk is an overlay on a link to the image, which outlives its cache entry', async () => {
    const image = anImage('aa');
    const request = aRequest(image, { diskGib: 1 });
    await realise(deps, request, signal);
    const root = layout.file(request.uid, 'root.qcow2');
    const { 'backing-filename': backing, 'backing-filename-format': format, 'virtual-size': size } = info(root);
    assert.deepEqual([backing, format, size], ['base-aa', 'raw', 2 ** 30]);
    assert.equal(statSync(layout.file(request.uid, 'base-aa')).ino, statSync(image.path).ino, 'no copy was made');
    rmSync(image.path);
    assert.equal(spawnSync('qemu-img', ['check', root]).status, 0);
  });

  test('a second call changes nothing, also after a crash in the middle (S8)', async () => {
    const request = aRequest(anImage('bb'), { disks: [aDisk('data')] });
    const at = (name: string): string => layout.file(request.uid, name);
    await realise(deps, request, signal);
    writeFileSync(at('root.qcow2.new'), 'half of a disk');
    writeFileSync(at('disk-more.qcow2.new'), 'half of a disk');
    const [root, data] = [statSync(at('root.qcow2')), statSync(at('disk-data.qcow2'))];
    const again = { ...request, spec: aSpec({ disks: [aDisk('data', 9), aDisk('more')] }) };
    await realise(deps, again, signal);
    assert.deepEqual([statSync(at('root.qcow2')).ino, statSync(at('disk-data.qcow2')).ino], [root.ino, data.ino]);
    assert.equal(info(at('disk-more.qcow2'))['virtual-size'], 2 ** 30);
    assert.equal(info(at('disk-data.qcow2'))['virtual-size'], 2 ** 30, 'growing is the business of its process');
  });

  test('a seed that a crash left half made is made anew by an agent without the rights of root', {
    skip: cannotDropRoot(),
  }, async () => {
    const request = aRequest(null, { cloudInit });
    const own = await asOrdinaryUser(async () => ownLayout(tmpdir()));
    const seed = own.file(request.uid, 'seed.iso');
    await asOrdinaryUser(async () => {
      leaveHalf(own, request.uid, 'seed.iso');
      await realise({ ...deps, layout: own, ownUsers: false }, request, signal);
    });
    assert.deepEqual(readdirSync(own.instance(request.uid)).toSorted(), ['instance.json', 'seed.iso']);
    assert.equal(statSync(seed).mode & 0o777, 0o440);
    assert.notEqual(readFileSync(seed, 'utf8'), 'half');
  });

  test('a kernel that a crash left half copied, from a cache on another file system, is copied anew by such an agent', {
    skip: cannotDropRoot() || isOneFileSystem,
  }, async () => {
    const request = aRequest(null);
    const [own, kernel] = await asOrdinaryUser(async () => {
      const layout = ownLayout(memoryDir);
      const kernel = { ...anImage('ba', ownLayout(tmpdir()).root), format: 'blob' as const };
      const artefacts = { ...request.artefacts, kernel };
      leaveHalf(layout, request.uid, 'kernel-ba');
      await realise({ ...deps, layout, ownUsers: false }, { ...request, artefacts }, signal);
      return [layout, kernel];
    });
    assert.deepEqual(readdirSync(own.instance(request.uid)).toSorted(), ['instance.json', 'kernel-ba']);
    assert.deepEqual(readFileSync(own.file(request.uid, 'kernel-ba')), readFileSync(kernel.path));
  });

  test('another image re-makes the root disk only when asked, and data disks never', async () => {
    const request = aRequest(anImage('cc'), { disks: [aDisk('data')] });
    const at = (name: string): string => layout.file(request.uid, name);
    await realise(deps, request, signal);
    const before = [statSync(at('root.qcow2')).ino, statSync(at('disk-data.qcow2')).ino];
    const other = { ...request, artefacts: { ...request.artefacts, root: anImage('dd') } };
    await realise(deps, other, signal);
    assert.equal(statSync(at('root.qcow2')).ino, before[0]);
    await realise(deps, { ...other, replaceRoot: true }, signal);
    assert.notEqual(statSync(at('root.qcow2')).ino, before[0]);
    assert.equal(statSync(at('disk-data.qcow2')).ino, before[1]);
    assert.deepEqual(
      readdirSync(layout.instance(request.uid)).filter((name) => name.startsWith('base-')),
      ['base-dd'],
    );
    const made = statSync(at('root.qcow2')).ino;
    await realise(deps, { ...other, replaceRoot: true }, signal);
    assert.equal(statSync(at('root.qcow2')).ino, made, 'asked twice, made once');
  });

  test('without an image the root disk goes only when its loss was accepted, and the next image has a disk of its own', async () => {
    const request = aRequest(anImage('ae'));
    const none = { ...request, artefacts: { ...request.artefacts, root: null } };
    const files = () => readdirSync(layout.instance(request.uid)).filter((name) => name !== 'instance.json');
    await realise(deps, request, signal);
    await realise(deps, none, signal);
    assert.deepEqual(files(), ['base-ae', 'root.qcow2']);
    for (const _ of ['once', 'after a crash']) await realise(deps, { ...none, replaceRoot: true }, signal);
    assert.deepEqual(files(), []);
    await realise(deps, { ...request, artefacts: { ...request.artefacts, root: anImage('af') } }, signal);
    assert.equal(info(layout.file(request.uid, 'root.qcow2'))['backing-filename'], 'base-af');
  });

  test('a damaged note of the base image is written anew from what the root disk proves, and the disk is kept', async () => {
    for (const [index, damage] of ['', 'rubbish', '{"name":"vm"}', '{"name":"vm","root":{"sha256":7}}'].entries()) {
      const request = aRequest(anImage(`f${index}`));
      const at = (name: string): string => layout.file(request.uid, name);
      await realise(deps, request, signal);
      const [note, { ino }] = [readFileSync(at('instance.json'), 'utf8'), statSync(at('root.qcow2'))];
      writeFileSync(at('instance.json'), damage);
      // Another image is wanted by now: the disk knows better what it was made from.
      const other = { ...request, artefacts: { ...request.artefacts, root: anImage('ab') } };
      await realise(deps, other, signal);
      assert.equal(readFileSync(at('instance.json'), 'utf8'), note);
      assert.equal(statSync(at('root.qcow2')).ino, ino);
    }
  });

  test('a note that is gone, and the journal with it, costs no root disk: what the disk proves is noted anew', async () => {
    const request = aRequest(anImage('a1'));
    const at = (name: string): string => layout.file(request.uid, name);
    await realise(deps, request, signal);
    const [note, { ino }] = [readFileSync(at('instance.json'), 'utf8'), statSync(at('root.qcow2'))];
    for (const root of [request.artefacts.root, anImage('a2')]) {
      rmSync(at('instance.json'));
      await realise(deps, { ...request, artefacts: { ...request.artefacts, root } }, signal);
      assert.equal(readFileSync(at('instance.json'), 'utf8'), note);
      assert.equal(statSync(at('root.qcow2')).ino, ino);
    }
    rmSync(at('instance.json'));
    rmSync(at('base-a1'));
    await assert.rejects(realise(deps, request, signal), (error) => faultCode(error) === 'journal_corrupt');
    assert.equal(statSync(at('root.qcow2')).ino, ino);
  });

  test('without that proof it is journal_corrupt, nothing is touched, and consent to the loss of the disk mends it', async () => {
    const request = aRequest(anImage('ac'));
    const at = (name: string): string => layout.file(request.uid, name);
    await realise(deps, request, signal);
    writeFileSync(at('instance.json'), 'rubbish');
    rmSync(at('base-ac'));
    await assert.rejects(realise(deps, request, signal), (error) => {
      assert.doesNotMatch(String(error), new RegExp(dir), 'no host path in it (S7)');
      return faultCode(error) === 'journal_corrupt';
    });
    assert.equal(readFileSync(at('instance.json'), 'utf8'), 'rubbish');
    const other = { ...request, artefacts: { ...request.artefacts, root: anImage('ad') }, replaceRoot: true };
    await realise(deps, other, signal);
    assert.equal(info(at('root.qcow2'))['backing-filename'], 'base-ad');
  });

  test('a root disk that was taken away is volume_unavailable, never silently a new one', async () => {
    const request = aRequest(anImage('ee'));
    await realise(deps, request, signal);
    rmSync(layout.file(request.uid, 'root.qcow2'));
    await assert.rejects(realise(deps, request, signal), (error) => faultCode(error) === 'volume_unavailable');
    await realise(deps, { ...request, replaceRoot: true }, signal);
    assert.equal(info(layout.file(request.uid, 'root.qcow2'))['virtual-size'], MIB);
  });

  test('the seed follows cloud_init and is closed to others', async () => {
    const cloudInit = { userData: 'one', networkConfig: null, sshAuthorizedKeys: [], hostname: null };
    const request = aRequest(null, { cloudInit });
    await realise(deps, request, signal);
    const file = layout.file(request.uid, 'seed.iso');
    const before = readFileSync(file);
    await realise(deps, request, signal);
    assert.ok(before.equals(readFileSync(file)));
    assert.equal(statSync(file).mode & 0o777, 0o440);
    await realise(deps, { ...request, spec: aSpec({ cloudInit: { ...cloudInit, userData: 'two' } }) }, signal);
    assert.ok(readFileSync(file).includes('two'));
  });
});

function aDisk(name: string, sizeGib = 1): VmSpec['disks'][number] {
  return { name, sizeGib, pool: 'default', ephemeral: false, readOnly: false };
}
