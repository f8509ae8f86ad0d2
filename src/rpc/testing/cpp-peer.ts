import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SOURCES = join(import.meta.dirname, 'cpp');
const SCHEMA = join(import.meta.dirname, 'everything.capnp');
const TOOLS = ['g++', 'capnp', 'pkg-config'];

/** Why C++ peers cannot be built here; undefined when they can. For the `skip` of a test. */
export function cppMissing(): string | undefined {
  for (const tool of TOOLS) {
    if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0) return `${tool} is not installed`;
  }
  const headers = spawnSync('pkg-config', ['--exists', 'capnp-rpc', 'kj-tls'], { stdio: 'ignore' });
  return headers.status === 0 ? undefined : 'the headers of Cap\u2019n Proto (libcapnp-dev) are not installed';
}

/**
 * Compiles one of the C++ programs beside this file, from the schema alone, and answers where it is. The result is kept
 * below the system's temporary directory under a name made from its sources.
 */
export function buildCpp(program: string, flags: readonly string[] = ['-O2']): string {
  const hash = createHash('sha256').update(readFileSync(SCHEMA)).update(flags.join());
  for (const name of readdirSync(SOURCES).sort()) hash.update(name).update(readFileSync(join(SOURCES, name)));
  const binary = join(tmpdir(), `rpc-test-${program}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  const dir = mkdtempSync(join(tmpdir(), 'rpc-test-build-'));
  try {
    cpSync(SOURCES, dir, { recursive: true });
    cpSync(SCHEMA, join(dir, 'everything.capnp'));
    execFileSync('capnp', ['compile', '-oc++', 'everything.capnp'], { cwd: dir });
    const libraries = execFileSync('pkg-config', ['--cflags', '--libs', 'capnp-rpc', 'kj-tls'], { encoding: 'utf8' });
    const files = [`${program}.c++`, 'everything.capnp.c++', '-o', program];
    execFileSync('g++', [...flags, '-std=c++17', '-I.', ...files, ...libraries.trim().split(/\s+/)], { cwd: dir });
    // Another test file may have been faster; either binary will do.
    renameSync(join(dir, program), binary);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return binary;
}

export type StartedProcess = {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly output: () => string;
  /** Resolves with the exit code and everything it wrote. */
  readonly done: Promise<{ readonly code: number | null; readonly output: string }>;
};

/** Starts a program; `readyLine` is awaited on its standard output. */
export async function startProcess(argv: readonly string[], readyLine?: string): Promise<StartedProcess> {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const ready = Promise.withResolvers<void>();
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
    if (readyLine !== undefined && output.includes(readyLine)) ready.resolve();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const done = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, output });
      ready.reject(new Error(`${program} ended before it was ready:\n${output}`));
    });
  });
  if (readyLine === undefined) ready.resolve();
  await ready.promise;
  return { child, done, output: () => output };
}
