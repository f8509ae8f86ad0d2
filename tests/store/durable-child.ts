/** Fetches an image and makes the files of an instance of it, for a look at its system calls. `durable-child.ts DIR`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createSystemClock } from '../../src/adapters/host/system-clock.ts';
import { createImageCache } from '../../src/adapters/images/image-cache.ts';
import { createLayout } from '../../src/adapters/runtime/qemu/layout.ts';
import { realise } from '../../src/adapters/runtime/qemu/realise.ts';
import { silentLog } from '../../src/adapters/runtime/qemu/testing/guest.ts';
import { aSpec } from '../../src/core/instance/testing/builders.ts';
import { asUid } from '../../src/core/kit/brand.ts';

const [, , root = ''] = process.argv;
const signal = new AbortController().signal;
const uid = asUid('0195a3c1-7a44-7c1e-9b1f-3d5e8a2b6c10');
const [allowed, instances, ovmfVars] = [join(root, 'allowed'), join(root, 'instances'), join(root, 'vars.fd')];
for (const dir of [allowed, instances]) mkdirSync(dir);
writeFileSync(ovmfVars, 'variables');
const imageOf = (name: string): string => {
  writeFileSync(join(allowed, name), Buffer.alloc(2 ** 20, name));
  return pathToFileURL(join(allowed, name)).href;
};
const images = createImageCache(
  { clock: createSystemClock(), log: silentLog },
  { dir: join(root, 'cache'), imageDirs: [allowed], allowPrivate: false },
);
const fetched = (name: string, format: 'raw' | 'blob') =>
  images.ensure({ url: imageOf(name), sha256: null, format, pinnedBy: uid }, () => undefined, signal);

const disk = { name: 'data', sizeGib: 1, pool: 'default', ephemeral: false, readOnly: false };
const cloudInit = { userData: 'x', networkConfig: null, sshAuthorizedKeys: [], hostname: null };
const spec = aSpec({ disks: [disk], cloudInit, firmwareId: 'ovmf' });
const artefacts = { root: await fetched('first', 'raw'), kernel: await fetched('kernel', 'blob'), initrd: null };
const request = { uid, name: 'web', spec, artefacts, replaceRoot: false, madeBefore: [] };
const deps = { layout: createLayout(instances), ownUsers: false, ovmfVars };
await realise(deps, request, signal);
const second = { ...artefacts, root: await fetched('second', 'raw') };
await realise(deps, { ...request, artefacts: second, replaceRoot: true, madeBefore: ['root', 'data'] }, signal);
