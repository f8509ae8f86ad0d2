/** What is malformed is refused precisely, and nothing is left behind (S1b): no record, task, event, file or process. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { JsonObject } from '../../src/core/kit/json.ts';
import { aGuest, cannotRun, eventually, startCluster, type TestCluster } from './cluster.ts';
import { type BadRequest, badManifests, badRequests } from './malformed-requests.ts';
import { downloads, instanceFiles, journalRows, keysOf, pins } from './world.ts';

interface Envelope {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: { offences?: { path: string }[] };
  };
}

describe('malformed requests and images', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-e2e-malformed-'));
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(scratch, { recursive: true, force: true });
  });

  const items = async (path: string): Promise<readonly JsonObject[]> =>
    ((await cluster.client.request('GET', path)).body as unknown as { items: JsonObject[] }).items;
  /** Records, tasks and events of VMs. */
  const traces = async (): Promise<readonly unknown[]> => [
    await items('/v1/vms'),
    await items('/v1/tasks'),
    (await items('/v1/events')).filter(({ code }) => code !== 'node_connected'),
  ];
  const untouched = async (): Promise<void> => {
    assert.deepEqual(await traces(), [[], [], []]);
    assert.deepEqual(instanceFiles(cluster.dataDir), []);
    assert.deepEqual(downloads(cluster.dataDir), []);
    assert.deepEqual(cluster.hypervisors(), []);
  };

  async function send(bad: BadRequest): Promise<{ status: number; text: string }> {
    const token = readFileSync(join(cluster.dataDir, 'admin.token'), 'utf8').trim();
    const { body, declaredBytes } = bad;
    if (declaredBytes !== undefined) return sendHead(`${cluster.client.server}/v1/vms`, token, declaredBytes);
    const payload = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, ...bad.headers };
    if (payload !== null) headers['content-type'] = bad.mediaType ?? 'application/json';
    const url = `${cluster.client.server}${bad.url ?? '/v1/vms'}`;
    const response = await fetch(url, { method: bad.method ?? 'POST', headers, body: payload });
    return { status: response.status, text: await response.text() };
  }

  test(`${badRequests.length} requests are each refused with status, code and path`, async () => {
    assert.ok(badRequests.length + badManifests.length >= 30);
    const wrong: string[] = [];
    for (const request of badRequests) {
      const { status, text } = await send(request);
      const { error } = JSON.parse(text) as Envelope;
      const paths = (error.details.offences ?? []).map(({ path }) => path);
      const isRight =
        status === request.status &&
        error.code === request.code &&
        (request.path === undefined || paths.includes(request.path)) &&
        (request.says === undefined || request.says.test(text));
      if (!isRight) wrong.push(`${request.what}: ${status} ${text.slice(0, 600)}`);
      assert.doesNotMatch(text, /hunter2/);
    }
    assert.deepEqual(wrong, []);
    await untouched();
  });

  test(`${badManifests.length} manifests are each refused by the CLI with exit code, path and line`, async () => {
    const file = join(scratch, 'bad.yaml');
    const wrong: string[] = [];
    for (const { what, text, words = [], exit, says } of badManifests) {
      writeFileSync(file, text);
      const { code, stdout, stderr } = await cluster.cli('apply', '-f', file, ...words);
      if (code !== exit || !says.test(stderr)) wrong.push(`${what}: ${code} ${stdout}${stderr}`);
    }
    assert.deepEqual(wrong, []);
    await untouched();
  });

  /** Name of the VM, what it asks for, and the code of the failure it must show. */
  function badImages(): readonly (readonly [string, JsonObject, string])[] {
    const dir = join(cluster.dataDir, 'images');
    const url = (name: string): string => pathToFileURL(join(dir, name)).href;
    const qemuImg = (...args: string[]): void => void execFileSync('qemu-img', args, { cwd: dir });
    qemuImg('create', '-q', '-f', 'qcow2', 'base.qcow2', '16M');
    qemuImg('create', '-q', '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', 'backed.qcow2');
    qemuImg('create', '-q', '-f', 'qcow2', '-o', 'data_file=data.raw', 'external.qcow2', '16M');
    writeFileSync(join(dir, 'full.raw'), Buffer.alloc(4 * 1024 * 1024, 7));
    qemuImg('convert', '-O', 'qcow2', 'full.raw', 'cut.qcow2');
    truncateSync(join(dir, 'cut.qcow2'), 1024 * 1024);
    writeFileSync(join(dir, 'odd.raw'), 'seventeen bytes…');
    writeFileSync(join(dir, 'empty.raw'), '');
    mkdirSync(join(scratch, 'outside'));
    writeFileSync(join(scratch, 'outside/secret.raw'), Buffer.alloc(1024 * 1024, 1));
    symlinkSync(join(scratch, 'outside/secret.raw'), join(dir, 'link.raw'));
    const image = (image_url: string, image_format: string, more: JsonObject = {}): JsonObject => ({
      ...{ image_url, image_format, kernel: null, initrd: null, cmdline: null, ...more },
    });
    return [
      ['missing', image(url('nowhere.qcow2'), 'qcow2'), 'image_unavailable'],
      ['wrong-sum', image(url('base.qcow2'), 'qcow2', { image_sha256: '0'.repeat(64) }), 'checksum_mismatch'],
      ['backed', image(url('backed.qcow2'), 'qcow2'), 'image_invalid'],
      ['external', image(url('external.qcow2'), 'qcow2'), 'image_invalid'],
      ['cut', image(url('cut.qcow2'), 'qcow2'), 'image_invalid'],
      ['not-raw', image(url('base.qcow2'), 'raw'), 'unsupported_format'],
      ['not-qcow2', image(url('full.raw'), 'qcow2'), 'unsupported_format'],
      ['odd', image(url('odd.raw'), 'raw'), 'image_invalid'],
      ['empty', image(url('empty.raw'), 'raw'), 'image_invalid'],
      ['link', image(url('link.raw'), 'raw'), 'image_unavailable'],
      ['outside', image('file:///etc/passwd', 'raw'), 'image_unavailable'],
      ['traversal', image(`${url('')}../../../../../../etc/passwd`, 'raw'), 'image_unavailable'],
      ['comma', image(url('a,file=b.raw'), 'raw'), 'image_unavailable'],
      ['private', image('http://127.0.0.1:9/a.raw', 'raw'), 'image_unavailable'],
      ['link-local', image('http://169.254.169.254/latest/meta-data', 'raw'), 'image_unavailable'],
    ];
  }

  test('bad images: each VM reads error with its code; deleted, it leaves nothing', async () => {
    const cases = badImages();
    const codes = new Map<string, string>();
    await cluster.client.request('POST', '/v1/apply', { body: cases.map(([name, fields]) => aGuest(name, fields)) });
    await eventually('every VM is in error', async () => {
      for (const vm of await items('/v1/vms')) {
        const status = vm['status'] as { phase: string; reason?: { code: string; message: string } };
        if (status.phase !== 'error') continue;
        codes.set(String(vm['name']), status.reason?.code ?? '');
        // S7: the path that a user named may be told, those of the node may not.
        assert.doesNotMatch(status.reason?.message ?? '', /agent\/instances|image-cache|outside\/secret/);
      }
      return codes.size === cases.length ? true : undefined;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; in error: ${JSON.stringify([...codes])}`);
    });
    assert.deepEqual(
      cases.map(([name]) => [name, codes.get(name)]),
      cases.map(([name, , code]) => [name, code]),
    );
    assert.deepEqual(cluster.hypervisors(), []);
    assert.deepEqual(downloads(cluster.dataDir), []);
    const names = cases.map(([name]) => name);
    const deleted = await cluster.cli('vm', 'delete', ...names, '--wait=3m');
    assert.equal(deleted.code, 0, deleted.stdout + deleted.stderr);
    await cluster.stop();
    assert.deepEqual(instanceFiles(cluster.dataDir), []);
    assert.deepEqual(downloads(cluster.dataDir), []);
    assert.deepEqual(pins(cluster.dataDir), []);
    assert.deepEqual(journalRows(cluster.dataDir), []);
    const rows = keysOf(join(cluster.dataDir, 'store/store.db'));
    assert.deepEqual(
      rows.filter((key) => /^(vm|placement|obs)\//.test(key)),
      [],
    );
  });
});

/** Sends the head of a request and waits for an answer to it. */
function sendHead(url: string, token: string, bytes: number): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': bytes };
    const call = request(url, { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        call.destroy();
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    call.on('error', reject);
    call.flushHeaders();
  });
}
