import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HERE = import.meta.dirname;

export type Language = 'ts' | 'cpp';
export type Load = { readonly kind: string; readonly inFlight: number; readonly connections: number };
export type Measured = {
  readonly callsPerSecond: number;
  /** Of a TypeScript server, for each call. */
  readonly serverCpuUs: number | undefined;
  readonly serverRssMib: number | undefined;
};

/** Compiles the C++ program and runs clients against servers in processes of their own. */
export function startPeers(seconds: number) {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-bench-'));
  const cpp = buildCpp(dir);
  const program = (language: Language, role: 'server' | 'client'): string[] =>
    language === 'ts' ? [process.execPath, join(HERE, `${role}-main.ts`)] : [cpp, role];
  const address = (language: Language): string =>
    language === 'ts' ? join(dir, 'socket') : `unix:${join(dir, 'socket')}`;

  const run = async (client: Language, server: Language, load: Load): Promise<Measured> => {
    rmSync(join(dir, 'socket'), { force: true });
    const [file = '', ...args] = program(server, 'server');
    const serving = spawn(file, [...args, address(server)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    await new Promise<void>((resolve) => {
      serving.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('ready')) resolve();
      });
    });
    const [calling = '', ...more] = program(client, 'client');
    const numbers = [load.inFlight, seconds, load.connections].map(String);
    const said = await outputOf(calling, [...more, address(client), load.kind, ...numbers]);
    serving.kill('SIGTERM');
    await new Promise((resolve) => serving.once('close', resolve));
    const callsPerSecond = Number(/(\d+) calls per second/.exec(said)?.[1]);
    if (!(callsPerSecond > 0)) throw new Error(`${calling} measured nothing: ${said}`);
    const cpuUs = /cpu (\d+) us, rss (\d+)/.exec(output);
    return {
      callsPerSecond,
      // One second of warming up comes before the measured seconds.
      serverCpuUs: cpuUs === null ? undefined : Number(cpuUs[1]) / (callsPerSecond * (seconds + 1)),
      serverRssMib: cpuUs === null ? undefined : Math.round(Number(cpuUs[2]) / 2 ** 20),
    };
  };
  return { run, end: () => rmSync(dir, { recursive: true, force: true }) };
}

function outputOf(file: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${file} ended with ${code}`))));
  });
}

function buildCpp(dir: string): string {
  cpSync(join(HERE, 'cpp'), dir, { recursive: true });
  cpSync(join(HERE, 'bench.capnp'), join(dir, 'bench.capnp'));
  execFileSync('capnp', ['compile', '-oc++', 'bench.capnp'], { cwd: dir });
  const libraries = execFileSync('pkg-config', ['--cflags', '--libs', 'capnp-rpc'], { encoding: 'utf8' }).trim();
  const files = ['bench-peer.c++', 'bench.capnp.c++', '-o', 'bench-peer'];
  execFileSync('g++', ['-O2', '-std=c++17', '-I.', ...files, ...libraries.split(/\s+/)], { cwd: dir });
  return join(dir, 'bench-peer');
}
