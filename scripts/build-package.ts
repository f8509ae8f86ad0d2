/**
 * Builds the publishable package into `dist/`: Node refuses to strip types below `node_modules`, so what is published
 * is a bundle. Worker files are entries of their own, because they are found by URL at run time. Run by `npm run
 * package` and a test.
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles and lays out the package in `outDir`; resolves with nothing, throws esbuild's error when a file does not build. */
export async function buildPackage(outDir: string): Promise<void> {
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(join(outDir, 'lib'), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: {
      holdfast: 'src/bin/holdfast.ts',
      'store-writer': 'src/adapters/store/store-writer.ts',
      'store-checker': 'src/adapters/store/store-checker.ts',
      'store-checkpointer': 'src/adapters/store/store-checkpointer.ts',
    },
    outdir: join(outDir, 'lib'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Libraries in CommonJS ask for `require` at run time.
    banner: {
      js: "import { createRequire as holdfastRequire } from 'node:module'; const require = holdfastRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  writeLauncher(outDir);
  cpSync(join(root, 'scripts/find-node.sh'), join(outDir, 'scripts/find-node.sh'));
  cpSync(join(root, 'README.md'), join(outDir, 'README.md'));
  const source = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { name, version, description, license, engines, optionalDependencies } = source;
  const manifest = {
    ...{ name, version, description, license, type: 'module', engines },
    ...{ bin: { holdfast: './holdfast' }, files: ['holdfast', 'lib', 'scripts'], optionalDependencies },
  };
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The launcher of the checkout with another entry file: one text, so the two cannot drift apart. */
function writeLauncher(outDir: string): void {
  const launcher = readFileSync(join(root, 'holdfast'), 'utf8').replace('src/bin/holdfast.ts', 'lib/holdfast.js');
  writeFileSync(join(outDir, 'holdfast'), launcher);
  chmodSync(join(outDir, 'holdfast'), 0o755);
}

if (import.meta.main) await buildPackage(join(root, 'dist'));
