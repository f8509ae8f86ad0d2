/** The small guest of `images/build`, as artefacts of the image cache would be. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import type { CachedImage } from '../../../../ports/images.ts';
import type { Log } from '../../../../ports/log.ts';
import type { VmArtefacts } from '../../../../ports/runtime.ts';

const out = new URL('../../../../../images/out/', import.meta.url).pathname;

/** The name of what is missing, for a named skip; false when everything is there. */
export function whyNoQemu(): string | false {
  for (const program of ['qemu-system-x86_64', 'qemu-img', 'flock', 'setpriv']) {
    if (spawnSync(program, ['--version']).error !== undefined) return `${program} is not installed`;
  }
  return existsSync(`${out}vmlinuz`) ? false : 'the guest image is not built (images/build)';
}

export async function guestArtefacts(): Promise<{ readonly direct: VmArtefacts; readonly withRoot: VmArtefacts }> {
  const [kernel, initrd, root] = await Promise.all([image('vmlinuz'), image('initrd.gz'), image('guest.qcow2')]);
  return { direct: { root: null, kernel, initrd }, withRoot: { root, kernel, initrd } };
}

async function image(name: string): Promise<CachedImage> {
  const path = `${out}${name}`;
  const sha256 = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const { size } = await stat(path);
  const isDisk = name.endsWith('.qcow2');
  const virtualSizeBytes = isDisk ? await qcow2Size(path) : size;
  return { sha256, sizeBytes: size, virtualSizeBytes, format: isDisk ? 'qcow2' : 'blob', path };
}

/** The virtual size is a big-endian number at byte 24 of the header. */
async function qcow2Size(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 24);
    return Number(buffer.readBigUInt64BE());
  } finally {
    await file.close();
  }
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
