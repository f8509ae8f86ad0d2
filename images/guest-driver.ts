/**
 * Boots a built guest under QEMU (TCG) for the tests here, and gives three ways to watch and touch it: what it wrote
 * on the serial line, what a user types there, and the monitor. Every wait is for evidence and has a deadline.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** How long a guest may take for one step, in milliseconds: for what never comes. A boot takes 2 to 3 s on a quiet machine. */
export const STEP_LIMIT_MS = 180_000;

/** A stream of text in which tests wait for a line. */
export interface Transcript {
  readonly text: () => string;
  /** The match of `pattern` in what has been written, as soon as there is one. Rejects after STEP_LIMIT_MS. */
  readonly waitFor: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly write: (text: string) => void;
}

export interface Console extends Transcript {
  readonly detach: () => void;
}

export interface Guest {
  readonly console: Console;
  readonly monitor: Transcript;
  /** A further connection to the serial line; detach the former first, QEMU serves one at a time. */
  readonly attachConsole: () => Promise<Console>;
  /** Presses the machine's power button. */
  readonly pressPowerButton: () => void;
  /** The exit code of the QEMU process once it has ended by itself. Rejects after STEP_LIMIT_MS. */
  readonly waitForEnd: () => Promise<number | null>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

function createTranscript(socket: Socket, name: string): Transcript {
  let received = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    received += String(chunk);
  });
  const waitFor = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const finish = (error?: Error, match?: RegExpExecArray) => {
        clearTimeout(timer);
        socket.off('data', look).off('close', onClose);
        if (match) resolve(match);
        else reject(error);
      };
      const fail = (why: string) =>
        finish(new Error(`Cannot find ${String(pattern)} on the ${name}: ${why}. It said:\n${received.slice(-4000)}`));
      const look = () => {
        const match = pattern.exec(received);
        if (match) finish(undefined, match);
      };
      const onClose = () => fail('it was closed');
      const timer = setTimeout(() => fail(`nothing within ${STEP_LIMIT_MS} ms`), STEP_LIMIT_MS);
      socket.on('data', look).on('close', onClose);
      look();
    });
  return { text: () => received, waitFor, write: (text) => void socket.write(text) };
}

async function withDeadline(end: Promise<number | null>): Promise<number | null> {
  const { promise, reject } = Promise.withResolvers<never>();
  const why = `Cannot see the end of the guest: QEMU still ran after ${STEP_LIMIT_MS} ms`;
  const timer = setTimeout(() => reject(new Error(why)), STEP_LIMIT_MS);
  try {
    return await Promise.race([end, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The monitor calls us (we listen before QEMU starts), so there is no moment in which its socket is not there yet. */
async function startMonitor(child: ChildProcess, server: Server): Promise<Transcript> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Cannot boot the guest: QEMU ended with exit code ${code}`);
  });
  const signal = AbortSignal.timeout(STEP_LIMIT_MS);
  const [socket] = (await Promise.race([once(server, 'connection', { signal }), ended])) as [Socket];
  ended.catch(() => undefined); // from now on the end of the process is awaited by whoever wants it
  const monitor = createTranscript(socket, 'monitor');
  await monitor.waitFor(/"QMP"/);
  monitor.write('{"execute":"qmp_capabilities","id":"hello"}');
  await monitor.waitFor(/"id": "hello"/);
  return monitor;
}

async function connectConsole(path: string): Promise<{ readonly socket: Socket; readonly transcript: Transcript }> {
  const socket = createConnection(path);
  await once(socket, 'connect', { signal: AbortSignal.timeout(STEP_LIMIT_MS) });
  return { socket, transcript: createTranscript(socket, 'serial console') };
}

function baseArgv(directory: string): readonly string[] {
  const json = (value: object) => JSON.stringify(value);
  return [
    ...['-nodefaults', '-no-user-config', '-M', 'q35', '-accel', 'tcg,tb-size=32', '-m', '128', '-smp', '1'],
    ...['-display', 'none', '-S', '-qmp', `unix:${join(directory, 'qmp.sock')},server=off`],
    ...['-chardev', `socket,id=ser0,path=${join(directory, 'serial.sock')},server=on,wait=off`],
    ...['-serial', 'chardev:ser0', '-device', 'pvpanic', '-action', 'panic=pause'],
    ...['-netdev', json({ type: 'user', id: 'net0', restrict: true })],
    ...['-device', 'virtio-net-pci,netdev=net0,romfile='],
  ];
}

/**
 * Starts QEMU with `argv` added to the usual machine and lets it run. `directory` is the test's own and holds the
 * sockets. The returned guest kills its process when it is disposed of.
 */
export async function startGuest(directory: string, argv: readonly string[]): Promise<Guest> {
  const server = createServer();
  server.listen(join(directory, 'qmp.sock'));
  await once(server, 'listening');
  const child = spawn('qemu-system-x86_64', [...baseArgv(directory), ...argv], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const end = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const sockets = new Set<Socket>();
  const dispose = async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    for (const socket of sockets) socket.destroy();
    server.close();
    await end;
  };
  const attachConsole = async () => {
    const { socket, transcript } = await connectConsole(join(directory, 'serial.sock'));
    sockets.add(socket);
    return { ...transcript, detach: () => socket.destroy() };
  };
  try {
    const monitor = await startMonitor(child, server);
    const console = await attachConsole();
    monitor.write('{"execute":"cont"}');
    return {
      console,
      monitor,
      attachConsole,
      pressPowerButton: () => monitor.write('{"execute":"system_powerdown"}'),
      waitForEnd: () => withDeadline(end),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
