import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Clock } from '../../../ports/clock.ts';
import { skipMarker } from '../../../wire/http/log-stream.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { createViewer, MAX_BEHIND_BYTES } from '../console-viewer.ts';
import { createConsoleHub } from './console-hub.ts';
import { boundLog, LOG_BOUND_BYTES, logSize, readLogTail } from './console-log.ts';

const dir = mkdtempSync(join(tmpdir(), 'holdfast-console-'));
let count = 0;

after(() => rmSync(dir, { recursive: true, force: true }));

function someFiles() {
  count += 1;
  const log = join(dir, `console-${count}.log`);
  writeFileSync(log, '');
  return { log, older: `${log}.1` };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a viewer more than 256 KiB behind skips with a marker at the place, and goes on', async () => {
  const seen: string[] = [];
  let release = (): void => {};
  const viewer = createViewer(
    (data) => {
      seen.push(Buffer.from(data).toString());
      return new Promise((resolve) => {
        release = resolve;
      });
    },
    () => {},
  );
  const chunk = Buffer.alloc(64 * 1024, 'x');
  viewer.push(Buffer.from('first'));
  for (let i = 0; i < 10; i += 1) viewer.push(chunk);
  assert.deepEqual(seen, ['first']);
  for (let i = 0; i < 5; i += 1) {
    release();
    await turn();
  }
  viewer.push(Buffer.from('last'));
  release();
  await turn();
  const text = seen.join('');
  const kept = Math.floor((MAX_BEHIND_BYTES - 'first'.length) / chunk.length);
  assert.equal(text, `first${'x'.repeat(kept * chunk.length)}${skipMarker((10 - kept) * chunk.length)}last`);
});

test('a viewer that fails is told it is closed and nobody else notices', async () => {
  let closed = 0;
  const viewer = createViewer(
    () => Promise.reject(new Error('gone')),
    () => {
      closed += 1;
    },
  );
  viewer.push(Buffer.from('a'));
  await turn();
  viewer.push(Buffer.from('b'));
  viewer.end();
  assert.equal(closed, 1);
});

test('the log is bounded in place: the writer goes on, the newest bytes stay, the end is read across files', () => {
  const files = someFiles();
  // As QEMU does: one descriptor, opened for appending, for ever.
  const writer = openSync(files.log, 'a');
  const line = (n: number): string => `${String(n).padStart(1023)}\n`;
  let moved = 0;
  for (let n = 0; n < 20_000; n += 1) {
    writeSync(writer, line(n));
    if (n % 64 === 0) moved += boundLog(files);
    const total = logSize(files) + (statSync(files.older, { throwIfNoEntry: false })?.size ?? 0);
    assert.ok(total <= LOG_BOUND_BYTES + 64 * 1024);
  }
  assert.equal(moved + logSize(files), 20_000 * 1024, 'every byte was counted');
  const tail = readLogTail(files, logSize(files), 5 * 2 ** 20).toString();
  assert.equal(tail.length, 5 * 2 ** 20);
  assert.ok(tail.endsWith(line(19_999)));
  const numbers = tail.split('\n').slice(1, -1).map(Number);
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => 20_000 - numbers.length + index),
    'without a gap',
  );
});

test('a log that grew without an agent is cut to its end', () => {
  const files = someFiles();
  for (let n = 0; n < 20; n += 1) appendFileSync(files.log, Buffer.alloc(2 ** 20, 97 + n));
  boundLog(files);
  assert.equal(logSize(files), 0);
  assert.equal(statSync(files.older).size, LOG_BOUND_BYTES / 2);
  assert.equal(readLogTail(files, 0, 3).toString(), 'ttt');
});

test('a log that says to be endless is cut to its end, in the space and time of its end (spec §12)', () => {
  const files = someFiles();
  truncateSync(files.log, 2 ** 40);
  appendFileSync(files.log, 'last words');
  assert.equal(boundLog(files), 2 ** 40 + 'last words'.length);
  assert.equal(logSize(files), 0);
  assert.equal(statSync(files.older).size, LOG_BOUND_BYTES / 2);
  assert.equal(readLogTail(files, 0, 10).toString(), 'last words');
});

test('a log that cannot be bounded now ends nobody, and is bounded later', () => {
  const files = someFiles();
  appendFileSync(files.log, Buffer.alloc(5 * 2 ** 20, 'x'));
  // As a full disk: the end of the log cannot be written, or not be put where it belongs.
  for (const inTheWay of [`${files.older}.new`, files.older]) {
    mkdirSync(inTheWay);
    assert.equal(boundLog(files), 0);
    assert.equal(logSize(files), 5 * 2 ** 20, 'nothing is lost');
    rmSync(inTheWay, { recursive: true });
  }
  assert.equal(boundLog(files), 5 * 2 ** 20);
});

test('what a guest prints while its log is copied and cut is kept', () => {
  const { log, older } = someFiles();
  let printed = 0;
  const files = {
    log,
    // Asked for between the steps.
    get older() {
      printed += 1;
      if (printed <= 3) appendFileSync(log, `meanwhile ${printed}`);
      return older;
    },
  };
  appendFileSync(log, Buffer.alloc(4 * 2 ** 20, 'x'));
  const moved = boundLog(files);
  assert.equal(logSize(files), 0);
  assert.equal(readLogTail(files, 0, 34).toString(), 'xmeanwhile 1meanwhile 2meanwhile 3');
  assert.equal(moved, 4 * 2 ** 20 + 33, 'and counted');
});

/** A serial line with nobody behind it yet, and who reads what is typed into it. */
async function aLine(onConnection: (socket: Socket) => void, clock: Pick<Clock, 'sleep'> = createSystemClock()) {
  const files = someFiles();
  const home = join(dir, `hub-${count}`);
  mkdirSync(join(home, 's'), { recursive: true });
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(join(home, 's/serial'), resolve));
  return { files, server, hub: createConsoleHub(clock, { dir: home, user: null }, files) };
}

test('history ends where live output begins, also across a cut log, and the guest is heard without a connection', async () => {
  let connections = 0;
  const { files, server, hub } = await aLine(() => {
    connections += 1;
  });
  writeFileSync(files.log, 'before the agent\n');
  let all = '';
  await hub.attach(
    1_000,
    (data) => {
      all += Buffer.from(data).toString();
    },
    () => {},
  );
  let sent = 'before the agent\n';
  const say = async (text: string): Promise<void> => {
    appendFileSync(files.log, text);
    sent += text;
    while (all.length < sent.length) await turn();
  };
  for (let n = 0; n < 55; n += 1) await say(`${String(n).padStart(99_999)}\n`);
  assert.equal(all, sent, 'the first viewer saw everything once');
  let late = '';
  await hub.attach(
    500_000,
    (data) => {
      late += Buffer.from(data).toString();
    },
    () => {},
  );
  await say('the end\n');
  while (!late.endsWith('the end\n')) await turn();
  assert.equal(late, sent.slice(-(500_000 + 'the end\n'.length)));
  let closed = 0;
  await hub.attach(
    0,
    () => {},
    () => {
      closed += 1;
    },
  );
  appendFileSync(files.log, 'last words\n');
  hub.close();
  assert.equal(closed, 1);
  assert.ok(late.endsWith('last words\n'));
  assert.equal(connections, 0);
  server.close();
});

test('what is typed arrives in its order, over connections that end when it was read', async () => {
  const read: string[] = [];
  let open = 0;
  const { server, hub } = await aLine((socket) => {
    open += 1;
    assert.equal(open, 1, 'one at a time');
    socket.on('data', (data) => read.push(data.toString()));
    socket.once('end', () => socket.end('what the guest prints meanwhile'));
    socket.once('close', () => {
      open -= 1;
    });
  });
  const { write, close } = await hub.attach(
    0,
    () => {},
    () => {},
  );
  const lines = Array.from({ length: 200 }, (_, n) => `line ${n}\n`);
  for (const [n, line] of lines.entries()) {
    write(Buffer.from(line));
    if (n % 7 === 0) await turn();
  }
  while (read.join('').length < lines.join('').length) await turn();
  assert.equal(read.join(''), lines.join(''));
  while (open > 0) await turn();
  close();
  hub.close();
  server.close();
});

/** A clock whose waits of this length end when the test says so; others are real. */
function heldClock(heldMs: number) {
  const { sleep } = createSystemClock();
  const ends: (() => void)[] = [];
  return {
    ends,
    sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
      ms === heldMs
        ? Promise.race([sleep(2 ** 30, signal), new Promise<void>((end) => ends.push(end))])
        : sleep(ms, signal),
  };
}

test('the log is bounded as long as its process is known, though nobody looks at the guest or its console', async () => {
  const clock = heldClock(10_000);
  const { files, server, hub } = await aLine(() => {}, clock);
  for (let times = 0; times < 3; times += 1) {
    appendFileSync(files.log, Buffer.alloc(5 * 2 ** 20, 'x'));
    clock.ends.pop()?.();
    while (logSize(files) > 0) await turn();
  }
  hub.close();
  server.close();
});

test('what a guest does not read within a minute is dropped, and what is typed later has a connection of its own', async () => {
  const clock = heldClock(60_000);
  const sockets: Socket[] = [];
  const { server, hub } = await aLine((socket) => sockets.push(socket), clock);
  const { write } = await hub.attach(
    0,
    () => {},
    () => {},
  );
  for (let count = 1; count <= 3; count += 1) {
    write(Buffer.from('nobody reads this'));
    while (sockets.length < count || clock.ends.length === 0) await turn();
    clock.ends.pop()?.();
  }
  for (const socket of sockets) socket.destroy();
  hub.close();
  server.close();
});

test('a log that cannot be watched is looked at now and then', async () => {
  const { files, server, hub } = await aLine(() => {});
  // A file that is not there is watched as little as one too many.
  rmSync(files.log);
  let seen = '';
  await hub.attach(
    100,
    (data) => {
      seen += Buffer.from(data).toString();
    },
    () => {},
  );
  appendFileSync(files.log, 'hello');
  while (seen !== 'hello') await turn();
  hub.close();
  server.close();
});

test('a log that cannot be read ends its viewers and not the agent', async () => {
  const { files, server, hub } = await aLine(() => {});
  const ended = Promise.withResolvers<void>();
  await hub.attach(0, () => {}, ended.resolve);
  rmSync(files.log);
  mkdirSync(files.log);
  await ended.promise;
  hub.close();
  server.close();
});
