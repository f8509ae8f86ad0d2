/** Transcripts of the CLI against recorded answers: documents from flags, words and files. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { against, list } from './testing/against.ts';
import { aTask, doneTask } from './testing/documents.ts';
import type { Answers } from './testing/fake-api.ts';
import { aVm } from './testing/vm-documents.ts';

const scratch = mkdtempSync(join(tmpdir(), 'holdfast-cli-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

describe('vm create and vm set', () => {
  const created = { status: 202, json: aTask({ type: 'vm.create' }) };

  test('what one flag says of a field is no obstacle to what another word says of its neighbour', async () => {
    const run = await against(
      { 'POST /v1/vms': created },
      {},
      ...['vm', 'create', 'a', '--image', './a.qcow2', '--grace', '9', '--label', 'x=1', '--set', 'image_format=raw'],
      ...['--set', 'stop.on_timeout=fail', '--set', 'labels.y=2'],
    );
    assert.equal(run.code, 0, run.stderr);
    const { image_format, stop, labels } = (run.asked[0]?.body ?? {}) as Readonly<Record<string, unknown>>;
    assert.deepEqual(
      { image_format, stop, labels },
      { image_format: 'raw', stop: { grace_seconds: 9, on_timeout: 'fail' }, labels: { x: '1', y: '2' } },
    );
  });

  test('flags become the document, with an idempotency key', async () => {
    const run = await against(
      { 'POST /v1/vms': created },
      {},
      ...['vm', 'create', 'web-1', '--image', 'https://images.example.org/a.qcow2', '--memory', '1GiB', '--cpu', '2'],
      ...['--forward', '127.0.0.1:8080:80', '--forward', '0:53/udp', '--disk', 'data:2', '--label', 'app=web'],
      ...['--grace', '30', '--start-at-boot=false', '--hostname', 'web', '--set', 'placement.selector.disk=ssd'],
    );
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(run.asked[0]?.body, {
      api_version: 'holdfast/v1',
      kind: 'VirtualMachine',
      cpu_cores: 2,
      memory_mib: 1024,
      image_url: 'https://images.example.org/a.qcow2',
      stop: { grace_seconds: 30 },
      start_at_boot: false,
      labels: { app: 'web' },
      image_format: 'qcow2',
      cloud_init: { hostname: 'web' },
      disks: [{ name: 'data', size_gib: 2 }],
      nics: [
        {
          forwards: [
            { host_ip: '127.0.0.1', host_port: 8080, guest_port: 80 },
            { protocol: 'udp', host_port: 0, guest_port: 53 },
          ],
        },
      ],
      placement: { selector: { disk: 'ssd' } },
      name: 'web-1',
    });
    assert.match(String(run.asked[0]?.headers['idempotency-key']), /^0195a3cf-/);
  });

  test('a manifest is the beginning, flags win, labels add up', async () => {
    const file = write('base.yaml', 'name: old\nlabels: { app: web }\nmemory_mib: 128\nkernel: file:///k\n');
    const run = await against(
      { 'POST /v1/vms': created },
      {},
      'vm',
      'create',
      'new',
      '-f',
      file,
      '--label',
      'tier=1',
      '--memory',
      '256',
    );
    assert.deepEqual(run.asked[0]?.body, {
      api_version: 'holdfast/v1',
      kind: 'VirtualMachine',
      name: 'new',
      labels: { app: 'web', tier: '1' },
      memory_mib: 256,
      kernel: 'file:///k',
    });
  });

  test('vm set sends a merge patch with the types that the fields have', async () => {
    const run = await against(
      { 'PATCH /v1/vms/web-1': { json: aVm() } },
      {},
      ...['vm', 'set', 'web-1', 'memory_mib=2GiB', 'labels.version=2', 'stop.grace_seconds=30', 'description=7'],
      ...['deletion_protection=true', 'cmdline=null', 'labels.example.org/tier=a=b', 'disk_gib=null', 'nics:=[]'],
      ...['labels.old=null', 'labels.word:="null"'],
      ...['--on-restart', 'defer', '--allow-replace'],
    );
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(run.asked[0]?.body, {
      memory_mib: 2048,
      labels: { version: '2', 'example.org/tier': 'a=b', old: null, word: 'null' },
      stop: { grace_seconds: 30 },
      description: '7',
      deletion_protection: true,
      cmdline: null,
      disk_gib: null,
      nics: [],
    });
    assert.deepEqual(run.asked[0]?.query, { on_restart: 'defer', allow_replace: 'true' });
    assert.equal(run.stdout, 'vm/web-1 set: in sync at generation 4\n');
  });

  test('memory is whole MiB in any unit; what is none is told with what would be right', async () => {
    const answers: Answers = { 'POST /v1/vms': created, 'PATCH /v1/vms/web-1': { json: aVm() } };
    const half = await against(
      answers,
      {},
      ...['vm', 'create', 'web-1', '--kernel', 'file:///k', '--memory', '0.5GiB'],
    );
    assert.match(JSON.stringify(half.asked[0]?.body), /"memory_mib":512,/);
    const third = await against(
      answers,
      {},
      ...['vm', 'create', 'web-1', '--kernel', 'file:///k', '--memory', '0.3GiB'],
    );
    assert.deepEqual([third.code, third.asked.length], [2, 0]);
    assert.match(
      third.stderr,
      /--memory is a whole number of MiB, alone or with MiB, GiB or TiB, not '0\.3GiB', which is 307\.2 MiB/,
    );
    const labels = ['--label', 'app=a', '--label', 'tier=x', '--label', 'app=b'];
    const twice = await against(answers, {}, 'vm', 'create', 'web-1', '--kernel', 'file:///k', ...labels);
    assert.deepEqual([twice.code, twice.asked.length], [2, 0]);
    assert.match(twice.stderr, /--label app=a and --label app=b set the same label/);
    const set = await against(answers, {}, ...['vm', 'set', 'web-1', 'memory_max_mib=2KB']);
    assert.equal(set.asked.length, 0);
    assert.match(set.stderr, /memory_max_mib is a whole number of MiB, .* not '2KB'/);
  });

  test('a refused change shows its plan and what to do', async () => {
    const error = {
      code: 'restart_required',
      message: 'Cannot change VM "web-1" in place',
      details: {
        changes: [{ field: 'memory_mib', from: 512, to: 1024, cost: 'restart' }],
        next_action: 'Repeat with --on-restart',
      },
    };
    const run = await against(
      { 'POST /v1/vms/web-1/resize': { status: 409, json: { error } } },
      {},
      'vm',
      'resize',
      'web-1',
      '--memory',
      '1024',
    );
    assert.equal(run.code, 4);
    assert.match(run.stderr, /memory_mib {2}512 → 1024 {2}\(restart\)/);
    assert.deepEqual(run.asked[0]?.body, { memory_mib: 1024 });
  });
});

describe('manifests', () => {
  const item = { kind: 'VirtualMachine', uid: 'u', generation: 1, changes: [], restarts: false, deferred: false };
  const text = 'name: web-1\nkernel: file:///k\n---\nname: web-2\nkernel: file:///k\nmemory_mib: 12Q\n';

  test('apply sends all documents of files, directories and standard input at once', async () => {
    const file = write('one.json', '{"name": "a"}');
    const answer = {
      json: {
        items: [
          { ...item, name: 'a', action: 'create', task: null },
          { ...item, name: 'web-1', action: 'unchanged', task: null },
        ],
      },
    };
    const run = await against({ 'POST /v1/apply': answer }, { stdin: 'name: web-1\n' }, 'apply', '-f', file, '-f', '-');
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(run.asked[0]?.body, [{ name: 'a' }, { name: 'web-1' }]);
    assert.equal(run.stdout, 'vm/a created\nvm/web-1 unchanged\n');
  });

  test('offences come back with file and line (S1b)', async () => {
    const file = write('two.yaml', text);
    const offence = {
      document: 1,
      path: '$.memory_mib',
      code: 'wrong_type',
      message: 'memory_mib is a whole number of MiB, not text',
      got: '12Q',
      expected: 'integer 32..4194304',
    };
    const answer = {
      status: 422,
      json: {
        error: {
          code: 'validation_failed',
          message: '1 offence; nothing was changed',
          details: { offences: [offence] },
        },
      },
    };
    const run = await against({ 'POST /v1/apply': answer }, {}, 'apply', '-f', file);
    assert.equal(run.code, 2);
    assert.match(run.stderr, /\$\.memory_mib {2}memory_mib is a whole number of MiB, not text \(.*two\.yaml:6\)/);
  });

  test('a name used twice in two files is told with file and line of both (S1b)', async () => {
    const first = write('first.yaml', 'kernel: file:///k\nname: web-1\n');
    const second = write('second.yaml', 'kernel: file:///k\n---\nname: web-1\n');
    const offence = {
      document: 2,
      path: '$.name',
      code: 'duplicate',
      message: 'Name "web-1" is already used by document 0',
      got: 'web-1',
      expected: 'unique in the batch',
      other_document: 0,
    };
    const error = { code: 'validation_failed', message: '1 offence', details: { offences: [offence] } };
    const run = await against(
      { 'POST /v1/apply': { status: 422, json: { error } } },
      {},
      ...['apply', '-f', first, '-f', second],
    );
    assert.match(run.stderr, /Name "web-1" is already used at .*first\.yaml:2 \(.*second\.yaml:3\)/);
  });

  test('apply takes back what vm list -o json printed, through a pipe', async () => {
    const answers = { 'GET /v1/vms': list({ name: 'a' }, { name: 'b' }), 'POST /v1/apply': { json: { items: [] } } };
    const printed = await against(answers, {}, 'vm', 'list', '-o', 'json');
    const run = await against(answers, { stdin: printed.stdout }, 'apply', '-f', '-');
    assert.deepEqual(run.asked[0]?.body, [{ name: 'a' }, { name: 'b' }], run.stderr);
  });

  test('vm create -f refuses what is no manifest instead of creating without it', async () => {
    const file = write('words.txt', 'just words\n');
    const run = await against({}, {}, 'vm', 'create', 'web-1', '-f', file, '--kernel', 'file:///k');
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /words\.txt holds no manifest/);
    assert.equal(run.asked.length, 0);
  });

  test('a text that is no YAML is refused before anything is sent', async () => {
    const file = write('bad.yaml', 'name: [\n');
    const run = await against({}, {}, 'apply', '-f', file);
    assert.equal(run.code, 2);
    assert.equal(run.asked.length, 0);
  });

  test('diff exits with 1 where something differs, 0 where nothing does', async () => {
    const file = write('three.yaml', 'name: web-1\n');
    const differs = await against(
      { 'POST /v1/plan': { json: { items: [{ ...item, name: 'web-1', action: 'update' }] } } },
      {},
      'diff',
      '-f',
      file,
    );
    assert.equal(differs.code, 1);
    const same = await against(
      { 'POST /v1/plan': { json: { items: [{ ...item, name: 'web-1', action: 'unchanged' }] } } },
      {},
      'diff',
      '-f',
      file,
    );
    assert.deepEqual([same.code, same.stdout], [0, '']);
  });

  test('prune says which label owns and how many may go', async () => {
    const file = write('four.yaml', 'name: web-1\n');
    const run = await against(
      { 'POST /v1/apply': { json: { items: [] } } },
      {},
      'apply',
      '-f',
      file,
      '--prune',
      '--owner',
      'owner=shop',
      '--prune-limit',
      '3',
    );
    assert.deepEqual(run.asked[0]?.query, { prune: 'owner=shop', prune_limit: '3' });
  });

  test('apply --wait follows the task of each VM', async () => {
    const file = write('five.yaml', 'name: web-1\n');
    const run = await against(
      {
        'POST /v1/apply': {
          json: { items: [{ ...item, name: 'web-1', action: 'update', restarts: true, task: doneTask.id }] },
        },
        [`GET /v1/tasks/${doneTask.id}`]: { json: { ...doneTask, type: 'vm.update' } },
      },
      {},
      ...['apply', '-f', file, '--wait'],
    );
    assert.deepEqual([run.code, run.stdout], [0, 'vm/web-1 changed (restarts)\n']);
    assert.match(run.stderr, /vm\/web-1 update: done/);
  });

  test('delete -f deletes what is named, and passes over what is gone if told so', async () => {
    const file = write('six.yaml', 'name: web-1\n---\nname: web-2\n');
    // The second goes by itself between a look and the deletion.
    const answers: Answers = {
      'GET /v1/vms/web-1': { json: aVm() },
      'GET /v1/vms/web-2': { json: aVm({ name: 'web-2' }) },
      'DELETE /v1/vms/web-1': { status: 202, json: aTask({ type: 'vm.delete' }) },
    };
    const run = await against(answers, {}, 'delete', '-f', file, '--ignore-not-found');
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^vm\/web-1 delete: accepted/);
    assert.equal((await against(answers, {}, 'delete', '-f', file)).code, 3);
  });
});

describe('image URLs of manifests', () => {
  const answers = { 'POST /v1/apply': { json: { items: [], revision: 1, epoch: 1 } } };

  test('a file: URL without a slash is relative to its manifest; all others are sent as they are', async () => {
    const file = write(
      'relative.yaml',
      'name: a\nkernel: file:../boot/vm%20linuz\ninitrd: file:initrd.gz\nimage_url: file:///srv/a.qcow2\n',
    );
    const run = await against(answers, {}, 'apply', '-f', file);
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(run.asked[0]?.body, [
      {
        name: 'a',
        kernel: pathToFileURL(join(scratch, '../boot/vm linuz')).href,
        initrd: pathToFileURL(join(scratch, 'initrd.gz')).href,
        image_url: 'file:///srv/a.qcow2',
      },
    ]);
  });

  test('standard input lies nowhere: a relative URL is left for the control plane to refuse', async () => {
    const run = await against(answers, { stdin: 'name: a\nkernel: file:vmlinuz\n' }, 'apply', '-f', '-');
    assert.deepEqual(run.asked[0]?.body, [{ name: 'a', kernel: 'file:vmlinuz' }]);
  });
});
