/**
 * A real Holdfast for end-to-end tests: `holdfast up` on a fresh data directory, driven through its API and its CLI,
 * with the world (processes, files) read from the outside. Every wait is for evidence, with a deadline.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ApiClient, createApiClient } from '../../src/client/api-client.ts';
import type { JsonObject } from '../../src/core/kit/json.ts';
import { secretOf } from '../../src/core/kit/secret.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const launcher = join(root, 'holdfast');
export const imagesDir = join(root, 'images/out');

/** Everything the tests read of a VM document. */
export interface VmDocument extends JsonObject {
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly run: number;
  readonly desired_phase: string;
  readonly desired_paused: boolean;
  readonly status: JsonObject & {
    readonly phase: string;
    readonly observed_generation: number;
    readonly seen_generation: number;
    readonly incarnation: (JsonObject & { readonly id: string; readonly run: number; readonly state: string }) | null;
    readonly reason?: JsonObject & { readonly code: string; readonly message: string };
    readonly drift: readonly (JsonObject & { readonly field: string; readonly cause: string })[];
    readonly conditions: readonly (JsonObject & {
      readonly type: string;
      readonly status: string;
      readonly code: string;
    })[];
  };
}

/** For what never comes only: a machine with ten times its load boots a guest in a minute and a half. */
const patienceMs = 180_000;
/**
 * Nobody else listens there: a control plane that is started again takes the port it had, which another test may have been
 * given meanwhile.
 */
const ownLoopback = [127, (process.pid >> 16) | 1, (process.pid >> 8) & 255, process.pid & 255].join('.');
/** What the guest says once it listens for its power button; it writes the line piece by piece. */
const guestReady = /^HOLDFAST-GUEST-READY .*\r?\n/gm;

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the CLI that runs beside the test. */
export interface RunningCli {
  readonly process: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<number>;
}

export interface TestCluster extends AsyncDisposable {
  readonly dataDir: string;
  readonly client: ApiClient;
  /** Runs the CLI of the checkout against this cluster. */
  cli(...args: readonly string[]): Promise<CliResult>;
  create(name: string, fields?: JsonObject): Promise<VmDocument>;
  get(name: string): Promise<VmDocument>;
  /** Waits until `accept` holds for the document; fails with the last one. */
  until(name: string, what: string, accept: (vm: VmDocument) => boolean, withinMs?: number): Promise<VmDocument>;
  /** Waits until its guests have said so many times that they are ready; resolves with what the serial line said. */
  booted(name: string, times?: number): Promise<string>;
  /** Runs a command in the shell of its guest; resolves with what the serial line said. */
  inGuest(name: string, command: string): Promise<string>;
  /** Pids of the hypervisors of this cluster, optionally of one instance. */
  hypervisors(uid?: string): readonly number[];
  /** The one hypervisor of an instance; fails where there is another number of them. */
  hypervisor(uid: string): number;
  /** The process that has the role, or had it last. */
  pidOf(role: 'server' | 'agent'): number;
  /** Waits while the role is between two processes. */
  living(role: 'server' | 'agent'): Promise<number>;
  pidOfUp(): number;
  /** Starts a command of the CLI and answers at once; what it prints is collected. */
  start(...args: readonly string[]): RunningCli;
  /** What the `up` that runs now has printed. */
  said(): string;
  /** Ends `up` (SIGTERM), leaving instances as they are. */
  stop(): Promise<void>;
  /** Ends `up` if it runs, and starts it again on the same data, this time with `more` words. */
  restart(...more: readonly string[]): Promise<void>;
}

/** The reason to skip, or false: real QEMU and built images are needed. */
export function cannotRun(): string | false {
  if (!existsSync('/usr/bin/qemu-system-x86_64')) return 'qemu-system-x86_64 is not installed';
  if (!existsSync(join(imagesDir, 'vmlinuz'))) return 'guest images are not built (images/build)';
  return false;
}

/** A small guest by direct kernel boot; `fields` override. */
export function aGuest(name: string, fields: JsonObject = {}): JsonObject {
  return {
    api_version: 'holdfast/v1',
    kind: 'VirtualMachine',
    name,
    memory_mib: 128,
    kernel: pathToFileURL(join(imagesDir, 'vmlinuz')).href,
    initrd: pathToFileURL(join(imagesDir, 'initrd.gz')).href,
    cmdline: 'console=ttyS0 quiet panic=5 no_timer_check',
    nics: [],
    ...fields,
  };
}

/** Polls `look` until it gives something else than undefined. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  withinMs = patienceMs,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`Not seen within ${withinMs} ms: ${what}`);
    await delay(25);
  }
}

/** `args` are more words for `up`, `env` more variables for it and its children. */
export async function startCluster(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  userId: number | null = null,
): Promise<TestCluster> {
  const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-e2e-'));
  mkdirSync(join(dataDir, 'images'));
  if (userId !== null) for (const dir of [dataDir, join(dataDir, 'images')]) chownSync(dir, userId, userId);
  const how = { args, env, userId };
  let up = await startUp(dataDir, how);
  const started: RunningCli[] = [];
  const cluster: TestCluster = {
    dataDir,
    get client() {
      return up.client;
    },
    cli: (...words) => runCli(words, { HOLDFAST_SERVER: up.client.server, HOLDFAST_TOKEN: up.token }),
    start: (...words) => {
      const running = startCli(words, { HOLDFAST_SERVER: up.client.server, HOLDFAST_TOKEN: up.token });
      started.push(running);
      return running;
    },
    said: () => up.said(),
    stop: () => stopUp(up.process),
    async create(name, fields = {}) {
      await up.client.request('POST', '/v1/vms', { body: aGuest(name, fields) });
      return cluster.get(name);
    },
    async get(name) {
      return (await up.client.request('GET', `/v1/vms/${name}`)).body as unknown as VmDocument;
    },
    async until(name, what, accept, withinMs) {
      let last: VmDocument | undefined;
      const look = async () => {
        last = await cluster.get(name);
        return accept(last) ? last : undefined;
      };
      return eventually(what, look, withinMs).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(last, null, 1)}`);
      });
    },
    booted: (name, times = 1) =>
      eventually(`${name} has booted ${times} time(s)`, async () => {
        const { text } = await up.client.request('GET', `/v1/vms/${name}/logs`);
        return (text.match(guestReady)?.length ?? 0) >= times ? text : undefined;
      }),
    inGuest: (name, command) => typeInto(cluster.start('console', name, '--no-scrollback'), command),
    ...processesOf(dataDir),
    pidOfUp: () => up.process.pid ?? assert.fail('it never started'),
    async restart(...more) {
      await stopUp(up.process);
      up = await startUp(dataDir, { ...how, args: [...args, ...more] });
    },
    async [Symbol.asyncDispose]() {
      // What a failed test left behind must not keep its process from ending.
      for (const { process: child } of started) if (child.exitCode === null) child.kill('SIGKILL');
      await stopUp(up.process);
      for (const pid of hypervisorsOf(dataDir)) kill(pid);
      await eventually('every hypervisor is gone', () => (hypervisorsOf(dataDir).length === 0 ? true : undefined));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return cluster;
}

type Processes = Pick<TestCluster, 'hypervisors' | 'hypervisor' | 'pidOf' | 'living'>;

function processesOf(dataDir: string): Processes {
  const pidFile = (role: string): string => join(dataDir, `${role}.pid`);
  const processes: Processes = {
    hypervisors: (uid) => hypervisorsOf(dataDir, uid),
    hypervisor(uid) {
      const pids = hypervisorsOf(dataDir, uid);
      assert.equal(pids.length, 1, `exactly one hypervisor, got ${pids.join() || 'none'}`);
      return pids[0] ?? 0;
    },
    pidOf: (role) => Number(readFileSync(pidFile(role), 'utf8')),
    living: (role) =>
      eventually(`the ${role} runs`, () => {
        const pid = existsSync(pidFile(role)) ? processes.pidOf(role) : null;
        return pid !== null && existsSync(`/proc/${pid}`) ? pid : undefined;
      }),
  };
  return processes;
}

interface RunningUp {
  readonly process: ChildProcess;
  readonly client: ApiClient;
  readonly token: string;
  said(): string;
}

interface StartUp {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The user (and group) it runs as; null = as the test. */
  readonly userId: number | null;
}

async function startUp(dataDir: string, { args, env, userId }: StartUp): Promise<RunningUp> {
  const words = [
    'up',
    '--data-dir',
    dataDir,
    '--listen',
    `${ownLoopback}:0`,
    '--no-demo',
    ...['--image-dir', imagesDir, '--image-dir', join(dataDir, 'images')],
    ...args,
  ];
  const child = spawn(launcher, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(userId === null ? {} : { uid: userId, gid: userId }),
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const server = await eventually(`'holdfast up' is ready`, () => {
    if (child.exitCode !== null) throw new Error(`'holdfast up' ended with code ${child.exitCode}`);
    return /ready on (http:\S+)\s/.exec(output)?.[1];
  }).catch(async (error: unknown) => {
    await stopUp(child);
    throw new Error(`${error instanceof Error ? error.message : String(error)}; it printed:\n${output}`);
  });
  const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim();
  const client = createApiClient({ fetch }, { server, token: secretOf(token) });
  return { process: child, client, token, said: () => output };
}

async function stopUp(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Runs the CLI and collects what it says. */
export function runCli(args: readonly string[], env: Readonly<Record<string, string>>): Promise<CliResult> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env, NO_COLOR: '1' }, maxBuffer: 64 * 1024 * 1024 };
    execFile(launcher, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Starts the CLI with pipes to and from it. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>>): RunningCli {
  const child = spawn(launcher, [...args], { env: { ...process.env, ...env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Waits until a command has printed this; fails at once where it ended without it. */
export async function sees(running: RunningCli, what: string | RegExp): Promise<void> {
  const show = (): string => `${running.stdout()}\n${running.stderr()}`;
  let code: number | undefined;
  void running.ended.then((ended) => {
    code = ended;
  });
  await eventually(`${String(what)} in what was printed`, () => {
    const endedWith = code;
    const isThere = typeof what === 'string' ? running.stdout().includes(what) : what.test(running.stdout());
    if (isThere) return true;
    if (endedWith !== undefined) throw new Error(`It ended with code ${endedWith}`);
    return undefined;
  }).catch((error: Error) => {
    throw new Error(`${error.message}\n${show()}`);
  });
}

/** What a guest says while a command runs in its shell. Its console ends by itself when the guest is silent, answered or not. */
async function typeInto(shell: RunningCli, command: string): Promise<string> {
  shell.process.stdin.write(`\n${command}; echo done-$((40+2))\n`);
  await sees(shell, 'done-42');
  shell.process.kill('SIGINT');
  await shell.ended;
  return shell.stdout();
}

/** Ends a process, if it has not ended by itself meanwhile. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Reads /proc: a hypervisor of this cluster has the data directory on its command line, or as its working directory. Zombies are dead. */
export function hypervisorsOf(dataDir: string, uid?: string): readonly number[] {
  const pids: number[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const argv = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (!(argv[0] ?? '').includes('qemu-system')) continue;
      const inside =
        argv.some((word) => word.includes(dataDir)) || readlinkSync(`/proc/${entry}/cwd`).startsWith(dataDir);
      const state = /\) (\S)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))?.[1];
      if (inside && state !== 'Z' && (uid === undefined || argv.some((word) => word.includes(uid))))
        pids.push(Number(entry));
    } catch {
      // The process ended while we looked.
    }
  }
  return pids;
}

export const inSync = (vm: VmDocument): boolean =>
  vm.generation === vm.status.observed_generation && vm.status.drift.length === 0;
export const isRunning = (vm: VmDocument): boolean => vm.status.phase === 'running' && inSync(vm);
