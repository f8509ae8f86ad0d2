import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../core/kit/fault.ts';
import { aQcow2, faultOf, type Qcow2Options, someBytes } from '../../ports/testing/image-fixtures.ts';
import { checkFormat } from './check-format.ts';

const never = new AbortController().signal;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Checks bytes as qcow2; counts what was read. */
function aCheck(bytes: Uint8Array, format: 'qcow2' | 'raw' = 'qcow2') {
  const read = { bytes: 0 };
  const readAt = async (position: number, length: number) => {
    assert.ok(position >= 0 && position + length <= bytes.length, 'reads stay inside the file');
    read.bytes += length;
    return bytes.subarray(position, position + length);
  };
  const copy = { url: 'file:///i', format, sizeBytes: bytes.length, maxVirtualBytes: 2 ** 44, readAt };
  return { read, result: checkFormat(copy, never) };
}

async function refused(code: string, reason: string, bytes: Uint8Array): Promise<void> {
  const fault = await faultOf(code, aCheck(bytes).result);
  assert.equal(fault.details['reason'], reason, fault.message);
}

const patched = (patch: (bytes: Buffer) => void, options: Qcow2Options = {}): Uint8Array => {
  const bytes = Buffer.from(aQcow2(options));
  patch(bytes);
  return bytes;
};

it('well-formed images of both versions are taken', async () => {
  for (const version of [2, 3]) assert.equal(await aCheck(aQcow2({ version })).result, MIB);
});

it('each way to reach beyond the file or exhaust the host is refused by name', async () => {
  await refused('image_invalid', 'backing_file', aQcow2({ backingFile: 'base.qcow2' }));
  await refused('image_invalid', 'external_data_file', aQcow2({ incompatible: 4n }));
  await refused(
    'image_invalid',
    'external_data_file',
    aQcow2({ extensions: [{ type: 0x44415441, data: '/dev/sda' }] }),
  );
  await refused(
    'image_invalid',
    'extensions',
    patched((bytes) => bytes.writeUInt32BE(7, 104) + bytes.writeUInt32BE(2 ** 31, 108)),
  );
  await refused('image_invalid', 'extensions', aQcow2({ extensions: new Array(65).fill({ type: 7, data: 'x' }) }));
  await refused('unsupported_format', 'encrypted', aQcow2({ encryption: 1 }));
  await refused(
    'unsupported_format',
    'encrypted',
    aQcow2({ extensions: [{ type: 0x0537be77, data: 'x'.repeat(16) }] }),
  );
  await refused('unsupported_format', 'features', aQcow2({ incompatible: 32n }));
  await refused('unsupported_format', 'version', aQcow2({ version: 4 }));
  await refused('unsupported_format', 'not_qcow2', someBytes(1));
  await refused('image_invalid', 'dirty', aQcow2({ incompatible: 1n }));
  await refused('image_invalid', 'corrupt', aQcow2({ incompatible: 2n }));
  await refused('image_invalid', 'cluster_bits', aQcow2({ clusterBits: 8 }));
  await refused('image_invalid', 'cluster_bits', aQcow2({ clusterBits: 22 }));
  for (const virtualSizeBytes of [0n, 513n, 2n ** 44n + 512n, 2n ** 63n]) {
    await refused('image_invalid', 'virtual_size', aQcow2({ virtualSizeBytes }));
  }
  await refused('image_invalid', 'l1_table', aQcow2({ virtualSizeBytes: 2n ** 40n }));
  await refused(
    'image_invalid',
    'l1_table',
    patched((bytes) => bytes.writeUInt32BE(2 ** 31, 36)),
  );
  await refused(
    'image_invalid',
    'truncated',
    patched((bytes) => bytes.writeUInt32BE(60_000, 36)),
  );
  await refused(
    'image_invalid',
    'alignment',
    patched((bytes) => bytes.writeBigUInt64BE(1n, 40)),
  );
  await refused(
    'image_invalid',
    'refcount_table',
    patched((bytes) => bytes.writeUInt32BE(0, 56)),
  );
  await refused(
    'image_invalid',
    'truncated',
    patched((bytes) => bytes.writeBigUInt64BE(2n ** 55n, 48)),
  );
  const twice = patched((bytes) => {
    bytes.writeUInt32BE(2, 36);
    bytes.copyWithin(3 * 65_536 + 8, 3 * 65_536, 3 * 65_536 + 8);
  });
  await refused('image_invalid', 'l2_table', twice);
});

it('whatever bytes come, the check ends with a size or one of its two faults and a bounded number of reads', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 4_096 }),
    fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }).map((changes) =>
      patched((image) => {
        for (const [at, value] of changes) image.writeUInt8(value, at);
      }),
    ),
    fc.array(fc.tuple(fc.nat(8_192), fc.bigInt(0n, 2n ** 64n - 1n)), { maxLength: 4 }).map((changes) =>
      patched((image) => {
        for (const [at, value] of changes) image.writeBigUInt64BE(value, 196_608 + at * 8);
      }),
    ),
    fc.nat(6 * 65_536).map((length) => aQcow2().subarray(0, length)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (image) => {
      const { read, result } = aCheck(image);
      const answer = await result.catch((error: unknown) => error);
      if (answer instanceof Fault) assert.ok(['image_invalid', 'unsupported_format'].includes(answer.code));
      else assert.ok(Number.isSafeInteger(answer), String(answer));
      assert.ok(read.bytes <= 2 * image.length);
    }),
    { numRuns: 400 },
  );
});

it('a raw disk must not begin like another container format', async () => {
  for (const [begin, found] of [
    ['QFI\xfb', 'qcow2'],
    ['KDMV', 'vmdk'],
    ['vhdxfile', 'vhdx'],
    [`${'\0'.repeat(0x40)}\x7f\x10\xda\xbe`, 'vdi'],
    ['\x1f\x8b\x08', 'gzip'],
  ] as const) {
    const bytes = Buffer.alloc(1_024);
    bytes.write(begin, 'latin1');
    assert.equal((await faultOf('unsupported_format', aCheck(bytes, 'raw').result)).details['found'], found);
  }
  assert.equal(await aCheck(new Uint8Array(1_024), 'raw').result, 1_024);
});

const qemuImg = spawnSync('qemu-img', ['--version']).status === 0;

it('images made by qemu-img are taken in every layout, and refused when cut', {
  skip: qemuImg ? false : 'no qemu-img',
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-qcow2-'));
  try {
    const [raw, image] = [join(dir, 'raw'), join(dir, 'image')];
    const content = Buffer.alloc(8 * MIB);
    for (let at = 0; at < 8; at += 1) content.set(someBytes(at, 300 * KIB), at * MIB);
    writeFileSync(raw, content);
    const layouts = [
      'compat=0.10',
      'compat=1.1',
      'cluster_size=512',
      'cluster_size=2M',
      'extended_l2=on',
      'compression_type=zstd',
      'preallocation=metadata',
      'lazy_refcounts=on',
    ];
    for (const compress of [[], ['-c']]) {
      for (const layout of layouts) {
        if (compress.length > 0 && layout.startsWith('preallocation')) continue;
        execFileSync('qemu-img', ['convert', ...compress, '-f', 'raw', '-O', 'qcow2', '-o', layout, raw, image]);
        const bytes = readFileSync(image);
        assert.equal(await aCheck(bytes).result, 8 * MIB, layout);
        for (const share of [0.3, 0.6]) {
          const cut = bytes.subarray(0, Math.floor(bytes.length * share));
          await faultOf('image_invalid', aCheck(cut).result).catch((error: unknown) => {
            throw new Error(`${layout} ${compress.join()} cut to ${share}`, { cause: error });
          });
        }
      }
    }
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', image, '2T']);
    assert.equal(await aCheck(readFileSync(image)).result, 2 ** 41);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', raw, '-F', 'raw', image]);
    await refused('image_invalid', 'backing_file', readFileSync(image));
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${join(dir, 'data')}`, image, '1M']);
    await refused('image_invalid', 'external_data_file', readFileSync(image));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
