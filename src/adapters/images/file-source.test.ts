import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import fs, { mkdir, mkdtemp, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { faultOf, someBytes } from '../../ports/testing/image-fixtures.ts';
import { openFileSource } from './file-source.ts';
import { parseImageUrl } from './image-url.ts';

async function anImageDir() {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  const imageDir = join(root, 'images');
  await mkdir(imageDir);
  return {
    root,
    imageDir,
    open: (path: string) => openFileSource(parseImageUrl(pathToFileURL(path).href), [imageDir]),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  };
}

it('what is elsewhere is not opened to find out that it is: also what cannot be opened is refused in the same words', async () => {
  await using world = await anImageDir();
  const socket = join(world.root, 'socket');
  const server = createServer().listen(socket);
  await once(server, 'listening');
  await symlink(socket, join(world.imageDir, 'link'));
  const fault = await faultOf('image_unavailable', world.open(join(world.imageDir, 'link')));
  server.close();
  assert.equal(fault.details['reason'], 'outside_image_dirs');
});

it('a directory that is exchanged for a link out between the check and the opening gains nothing', async () => {
  await using world = await anImageDir();
  const [inside, outside] = [join(world.imageDir, 'shop'), join(world.root, 'secrets')];
  for (const dir of [inside, outside]) {
    await mkdir(dir);
    await writeFile(join(dir, 'disk'), someBytes(1));
  }
  const { open } = fs;
  fs.open = async (...args) => {
    await rm(inside, { recursive: true });
    await symlink(outside, inside);
    return await open(...args);
  };
  syncBuiltinESMExports();
  try {
    const fault = await faultOf('image_unavailable', world.open(join(inside, 'disk')));
    assert.equal(fault.details['reason'], 'outside_image_dirs');
  } finally {
    fs.open = open;
    syncBuiltinESMExports();
  }
  assert.equal(await readlink(inside), outside, 'it was exchanged in time');
});

it('a pipe is refused without being opened: whoever waits to write into it waits on for its reader', async () => {
  await using world = await anImageDir();
  const pipe = join(world.imageDir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', 'echo ready; printf kept > "$0"', pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(writer, 'exit');
  await once(writer.stdout, 'data');
  await faultOf('image_unavailable', world.open(pipe));
  // Now there is a reader, and the writer ends; one that had seen a reader before has ended with nothing to show for it.
  await using reader = await fs.open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  await ended;
  const { buffer, bytesRead } = await reader.read({ buffer: Buffer.alloc(8) });
  assert.equal(buffer.toString('utf8', 0, bytesRead), 'kept');
});
