/** The whole CLI in this process, on a terminal or in a pipe, with a clock that runs as fast as it is asked. */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../core/kit/fault.ts';
import type { CliClock, CliIo } from '../cli-io.ts';
import { commandTable } from '../command-table.ts';
import { runProgram } from '../program.ts';
import { lookedAt } from './vm-documents.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliWorld {
  readonly server?: string;
  /** Columns of the terminal; absent = a pipe. */
  readonly terminal?: number;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDirs?: readonly string[];
  readonly signal?: AbortSignal;
  readonly openSocket?: (url: string) => WebSocket;
}

export async function runCli(world: CliWorld, ...argv: readonly string[]): Promise<CliRun> {
  const { io, printed } = fakeIo(world);
  const code = await runProgram(io, commandTable, argv);
  return { code, ...printed() };
}

export function fakeIo(world: CliWorld): {
  readonly io: CliIo;
  readonly printed: () => { readonly stdout: string; readonly stderr: string };
} {
  const texts = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      texts[name] += text;
    },
    isTerminal: world.terminal !== undefined,
    columns: world.terminal ?? null,
  });
  const io: CliIo = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    stdin: {
      isTerminal: world.terminal !== undefined,
      stream: Readable.from(world.stdin === undefined ? [] : [Buffer.from(world.stdin)]),
      setRaw: () => {},
    },
    env: {
      ...(world.server === undefined ? {} : { HOLDFAST_SERVER: world.server }),
      HOLDFAST_TOKEN: 'hf_test',
      ...world.env,
    },
    clock: createHurriedClock(),
    fetch: (url, init) => fetch(url, init),
    openSocket: world.openSocket ?? ((url) => new WebSocket(url)),
    uuid: () => '0195a3cf-0000-7000-8000-000000000001',
    dataDirs: world.dataDirs ?? [],
    version: '0.1.0',
    signal: world.signal ?? new AbortController().signal,
  };
  return { io, printed: () => ({ ...texts }) };
}

/** A sleep takes a millisecond and moves the time by all of it; time-outs fire when the time has come. */
function createHurriedClock(): CliClock {
  let now = lookedAt;
  const timeouts: { readonly at: number; readonly fire: () => void }[] = [];
  return {
    now: () => now,
    async sleep(ms, signal) {
      await delay(1, undefined, signal === undefined ? {} : { signal }).catch(() => {});
      signal?.throwIfAborted();
      now += ms;
      for (const { at, fire } of timeouts) if (at <= now) fire();
    },
    timeout(ms, signal) {
      const controller = new AbortController();
      timeouts.push({
        at: now + ms,
        fire: () => controller.abort(new Fault('deadline_exceeded', `Not done within ${ms} ms`)),
      });
      return signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]);
    },
  };
}
