/**
 * Every command of the README and the guides is run as it stands there, in order, against a real cluster, and must succeed.
 * Blocks marked `sh` are run; `console` and `text` are shown only.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cannotRun, root, startCluster, type TestCluster } from '../e2e/cluster.ts';

/** A reader would not wait longer for one command. */
const commandMs = 300_000;

const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs/guides'))
    .filter((name) => name.endsWith('.md'))
    .toSorted()
    .map((name) => `docs/guides/${name}`),
];

/** The lines of the `sh` blocks; a line that ends with a backslash goes on. */
function commandsOf(document: string): readonly string[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) =>
    (block ?? '')
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#')),
  );
}

describe('the commands of the documentation', { skip: cannotRun() }, () => {
  let cluster: TestCluster;
  // As the checkout looks from its root, in a directory where commands may leave files.
  const checkout = mkdtempSync(join(tmpdir(), 'holdfast-docs-'));
  before(async () => {
    cluster = await startCluster();
    for (const name of ['holdfast', 'docs', 'images']) symlinkSync(join(root, name), join(checkout, name));
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(checkout, { recursive: true, force: true });
  });

  function shell(command: string): Promise<{ code: number; output: string }> {
    const env = { ...process.env, HOLDFAST_DATA_DIR: cluster.dataDir, NO_COLOR: '1' };
    return new Promise((resolve) => {
      execFile('sh', ['-c', command], { cwd: checkout, env, timeout: commandMs }, (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
          output: stdout + stderr,
        }),
      );
    });
  }

  for (const document of documents) {
    const commands = commandsOf(document);
    if (commands.length === 0) continue;
    test(`the ${commands.length} commands of ${document} succeed in order`, async () => {
      for (const command of commands) {
        const { code, output } = await shell(command);
        assert.equal(code, 0, `${command}\n${output}`);
      }
    });
  }

  test('there are commands to run, and they leave no VM', async () => {
    assert.ok(documents.flatMap(commandsOf).length >= 20);
    assert.deepEqual(cluster.hypervisors(), []);
    const { output } = await shell('./holdfast vm list -o name');
    assert.equal(output, '');
  });
});
