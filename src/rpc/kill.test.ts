import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { connectRpc } from './rpc.ts';
import { serveRpc } from './serve.ts';
import { assertSettled, CALL_STATES, isEmpty } from './testing/call-states.ts';
import { buildCpp, cppMissing, startProcess } from './testing/cpp-peer.ts';
import { embargoRound } from './testing/embargo-round.ts';
import { eventually } from './testing/eventually.ts';
import { everything, everythingState } from './testing/everything-server.ts';
import { Everything } from './testing/generated/everything.ts';
import { seededRandom } from './testing/seeded-random.ts';

const testing = (name: string): string => join(import.meta.dirname, 'testing', name);

/** The programs that are killed, and how each is told where its peer is. */
const PEERS = [
  {
    language: 'TypeScript',
    skip: undefined,
    server: (path: string) => [process.execPath, testing('everything-main.ts'), path],
    client: (path: string) => [process.execPath, testing('chatter-main.ts'), path],
  },
  {
    language: 'C++',
    skip: cppMissing(),
    server: (path: string) => [buildCpp('peer'), 'server', `unix:${path}`],
    client: (path: string) => [buildCpp('peer'), 'client', `unix:${path}`, 'outlive'],
  },
] as const;

/** A moment of a conversation: so many turns of the event loop from now. */
async function aMoment(random: () => number): Promise<void> {
  for (let turns = Math.floor(random() ** 2 * 1_000); turns > 0; turns--) await new Promise(setImmediate);
}

function socketPath(context: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'rpc-kill-'));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'socket');
}

async function startToKill(context: TestContext, argv: readonly string[], readyLine: string) {
  const started = await startProcess(argv, readyLine);
  context.after(() => started.child.kill('SIGKILL'));
  return started;
}

for (const { language, skip, server, client } of PEERS) {
  suite(`killing a ${language} server`, { skip }, () => {
    for (const [i, [name, start]] of CALL_STATES.entries()) {
      test(`a call ${name} settles`, async (context) => {
        const path = socketPath(context);
        const random = seededRandom(i);
        const { child, done } = await startToKill(context, server(path), 'ready');
        const connection = connectRpc(connect(path));
        const root = connection.bootstrap(Everything);
        if (random() < 0.5) await root.empty().promise();
        const calls = start(root);
        for (const call of calls) call.catch(() => undefined);
        for (let turns = Math.floor(random() * 4); turns > 0; turns--) await new Promise(setImmediate);
        child.kill('SIGKILL');
        await assertSettled(calls);
        await connection.closed;
        assert.ok(isEmpty(connection), JSON.stringify(connection.stats));
        await done;
      });
    }

    test('every call settles at whatever moment of a conversation it happens, and the next server is talked to', async (context) => {
      const path = socketPath(context);
      const random = seededRandom(17);
      for (let round = 0; round < 6; round++) {
        rmSync(path, { force: true });
        const { child, done } = await startToKill(context, server(path), 'ready');
        const connection = connectRpc(connect(path));
        const root = connection.bootstrap(Everything);
        await root.empty().promise();
        const calls = CALL_STATES.flatMap(([, start]) => start(root));
        const talking = (async () => {
          while (connection.open) await embargoRound(root, random);
        })();
        for (const call of [...calls, talking]) call.catch(() => undefined);
        await aMoment(random);
        child.kill('SIGKILL');
        await assertSettled([...calls, talking]);
        await connection.closed;
        assert.ok(isEmpty(connection), JSON.stringify(connection.stats));
        await done;
      }
    });

    test('every call of a C++ client settles, and none is lost without a word', {
      skip: cppMissing(),
    }, async (context) => {
      const path = socketPath(context);
      const random = seededRandom(23);
      for (let round = 0; round < 4; round++) {
        rmSync(path, { force: true });
        const { child } = await startToKill(context, server(path), 'ready');
        const outliving = await startToKill(
          context,
          [buildCpp('peer'), 'client', `unix:${path}`, 'outlive'],
          'talking',
        );
        await aMoment(random);
        child.kill('SIGKILL');
        const { code, output } = await outliving.done;
        assert.equal(code, 0, output);
        assert.match(output, /lost \d+\nok/);
      }
    });
  });

  suite(`killing a ${language} client`, { skip }, () => {
    test('a TypeScript server is left with nothing of it, and serves the next', async (context) => {
      const path = socketPath(context);
      const random = seededRandom(29);
      const state = everythingState();
      const serving = serveRpc(createServer().listen(path), { bootstrap: everything(state) });
      context.after(() => serving.close());
      for (let round = 0; round < 6; round++) {
        const { child, done } = await startToKill(context, client(path), 'talking');
        await eventually(() => [...serving.connections].some(({ stats }) => stats.answers > 0));
        const [connection] = serving.connections;
        await aMoment(random);
        child.kill('SIGKILL');
        await done;
        await eventually(() => serving.connections.size === 0);
        assert.ok(connection !== undefined && isEmpty(connection));
      }
      await eventually(() => state.children === 0);
      const next = connectRpc(connect(path));
      await next.bootstrap(Everything).empty().promise();
      next.close();
    });

    test('a C++ server serves the next', { skip: cppMissing() }, async (context) => {
      const path = socketPath(context);
      const random = seededRandom(31);
      const serving = await startToKill(context, [buildCpp('peer'), 'server', `unix:${path}`], 'ready');
      for (let round = 0; round < 4; round++) {
        const { child, done } = await startToKill(context, client(path), 'talking');
        await aMoment(random);
        child.kill('SIGKILL');
        await done;
      }
      const next = connectRpc(connect(path));
      await next.bootstrap(Everything).empty().promise();
      next.close();
      await next.closed;
      serving.child.kill('SIGTERM');
      const { code, output } = await serving.done;
      assert.equal(code, 0, output);
      assert.match(output, /objects left: 0/);
    });
  });
}
