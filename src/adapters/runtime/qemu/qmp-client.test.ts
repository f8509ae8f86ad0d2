import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { faultCode } from '../../../core/kit/fault.ts';
import { createTestClock } from '../fake/testing/test-time.ts';
import { connectQmp, QMP_CALL_TIMEOUT_MS, type QmpEvent } from './qmp-client.ts';

const dir = mkdtempSync(join(tmpdir(), 'holdfast-qmp-'));
const signal = new AbortController().signal;
let count = 0;

after(() => rmSync(dir, { recursive: true, force: true }));

const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\r\n';

/** A monitor that greets and answers each command as the script says; undefined = no answer. */
async function aMonitor(script: (call: Call, socket: Socket) => unknown, greeting = GREETING) {
  count += 1;
  const path = join(dir, `m${count}`);
  const server = createServer((socket) => {
    let text = '';
    socket.unref();
    socket.write(greeting);
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const call = JSON.parse(line) as Call;
        const answer = call.execute === 'qmp_capabilities' ? { return: {} } : script(call, socket);
        if (answer !== undefined) socket.write(`${JSON.stringify({ ...(answer as object), id: call.id })}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  // A failed test must not keep the others waiting.
  server.unref();
  const clock = createTestClock();
  const events: QmpEvent[] = [];
  const connect = (from: AbortSignal = signal) => connectQmp(clock, path, (event) => events.push(event), from);
  return { clock, events, connect, close: () => server.close() };
}

interface Call {
  readonly execute: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly id: number;
}

test('answers are matched to calls by id, whatever their order, and events are handed on', async () => {
  const held: string[] = [];
  const monitor = await aMonitor((call, socket) => {
    const answer = JSON.stringify({ return: call.arguments['n'], id: call.id });
    if (held.push(answer) < 3) return undefined;
    const event = '{"event": "STOP", "data": {"a": 1}, "timestamp": {"seconds": 1}}';
    const bytes = Buffer.from([...held.toReversed(), event, ''].join('\r\n'));
    // Cut in the middle of a line, as a stream may.
    socket.write(bytes.subarray(0, 11));
    setImmediate(() => socket.write(bytes.subarray(11)));
    return undefined;
  });
  const client = await monitor.connect();
  const answers = await Promise.all([1, 2, 3].map((n) => client.execute('echo', { n })));
  assert.deepEqual(answers, [1, 2, 3]);
  while (monitor.events.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(monitor.events, [{ event: 'STOP', data: { a: 1 } }]);
  client.close();
  monitor.close();
});

test('a refusal names the command and what the monitor said', async () => {
  const monitor = await aMonitor(() => ({ error: { class: 'GenericError', desc: 'No such device' } }));
  const client = await monitor.connect();
  await assert.rejects(client.execute('device_del'), (error) => {
    assert.equal(faultCode(error), 'monitor_failed');
    assert.match(String(error), /refused "device_del": No such device/);
    return true;
  });
  client.close();
  monitor.close();
});

test('a monitor that does not answer within 5 s is silent, its late answer harms nobody (F2)', async () => {
  let late: (() => void) | undefined;
  const monitor = await aMonitor((call, socket) => {
    if (call.execute === 'after') return { return: 'fine' };
    late = () => socket.write(`${JSON.stringify({ return: {}, id: call.id })}\r\n`);
    return undefined;
  });
  const client = await monitor.connect();
  const call = client.execute('query-status');
  call.catch(() => undefined);
  while (late === undefined) await new Promise((resolve) => setImmediate(resolve));
  await monitor.clock.advance(QMP_CALL_TIMEOUT_MS);
  await assert.rejects(call, (error) => faultCode(error) === 'monitor_silent');
  late();
  assert.equal(await client.execute('after'), 'fine');
  client.close();
  monitor.close();
});

test('a monitor that talks without end is heard a share at a time, and its answer is heard too (spec §12)', async () => {
  const event = '{"event": "RESET"}\r\n';
  const told = 200_000;
  const monitor = await aMonitor((_call, socket) => {
    socket.write(event.repeat(told));
    return { return: 'fine' };
  });
  const client = await monitor.connect();
  const answer = client.execute('query-status');
  answer.catch(() => undefined);
  const turns = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  while (monitor.events.length === 0) await turns(1);
  await turns(200);
  const atOnce = monitor.events.length;
  assert.ok(atOnce < told / 4, `${atOnce} events in no time`);
  await turns(200);
  assert.equal(monitor.events.length, atOnce, 'no more before its time');
  while (monitor.events.length < told) await monitor.clock.advance(100);
  assert.equal(await answer, 'fine');
  client.close();
  monitor.close();
});

test('calls that wait when the connection ends are failed, later ones too', async () => {
  const monitor = await aMonitor((_call, socket) => {
    socket.destroy();
    return undefined;
  });
  const client = await monitor.connect();
  await assert.rejects(client.execute('quit'), (error) => faultCode(error) === 'monitor_failed');
  await client.closed;
  assert.equal(client.isClosed(), true);
  await assert.rejects(client.execute('again'), (error) => faultCode(error) === 'monitor_failed');
  monitor.close();
});

test('without a greeting, as behind another client, connecting ends with its signal', async () => {
  const monitor = await aMonitor(() => undefined, '');
  const controller = new AbortController();
  const connecting = monitor.connect(controller.signal);
  setImmediate(() => controller.abort(new Error('waited enough')));
  await assert.rejects(connecting, /waited enough/);
  monitor.close();
});

test('a peer that speaks something else is left', async () => {
  const monitor = await aMonitor(() => undefined, 'HTTP/1.1 400 Bad Request\r\n');
  await assert.rejects(monitor.connect(), (error) => faultCode(error) === 'monitor_failed');
  monitor.close();
});

test('no socket is monitor_failed', async () => {
  const connecting = connectQmp(createTestClock(), join(dir, 'nobody'), () => {}, signal);
  await assert.rejects(connecting, (error) => faultCode(error) === 'monitor_failed');
});

test('only so many calls wait for one monitor, and one that was given up waits no more (spec §12)', async () => {
  const monitor = await aMonitor((call) => (call.execute === 'after' ? { return: 'fine' } : undefined));
  const client = await monitor.connect();
  for (let round = 0; round < 2; round += 1) {
    const calls = Array.from({ length: 256 }, () => client.execute('query-status'));
    const given = Promise.allSettled(calls);
    await assert.rejects(client.execute('after'), /256 calls wait already/);
    await monitor.clock.advance(QMP_CALL_TIMEOUT_MS);
    assert.ok((await given).every(({ status }) => status === 'rejected'));
    assert.equal(await client.execute('after'), 'fine');
  }
  client.close();
  monitor.close();
});

test('a monitor that never ends its line is left before it has filled the memory (spec §12)', async () => {
  const monitor = await aMonitor((_call, socket) => {
    socket.write('x'.repeat(5 * 2 ** 20));
    return undefined;
  });
  const client = await monitor.connect();
  const call = client.execute('query-status');
  call.catch(() => undefined);
  const hearing = new AbortController();
  void client.closed.then(() => hearing.abort());
  // Far below the deadline of the call.
  for (let ms = 0; ms < 4_000 && !hearing.signal.aborted; ms += 100) await monitor.clock.advance(100);
  assert.ok(client.isClosed());
  await assert.rejects(call, (error) => faultCode(error) === 'monitor_failed');
  monitor.close();
});
