import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { connectRpc } from './rpc.ts';
import { assertSettled, CALL_STATES, isEmpty } from './testing/call-states.ts';
import { connectedPair } from './testing/connected-pair.ts';
import { duplexPair } from './testing/duplex-pair.ts';
import { eventually } from './testing/eventually.ts';
import { Everything } from './testing/generated/everything.ts';

suite('disconnecting', () => {
  for (const [name, start] of CALL_STATES) {
    test(`a call ${name} settles when either side ends the connection`, async () => {
      for (const end of ['client', 'server', 'client stream', 'server stream'] as const) {
        for (let turns = 0; turns < 4; turns++) {
          const { server, client, root, streams } = connectedPair();
          const calls = start(root);
          for (const call of calls) call.catch(() => undefined);
          for (let i = 0; i < turns; i++) await new Promise(setImmediate);
          if (end === 'client') client.close();
          else if (end === 'server') server.close();
          else if (end === 'client stream') streams[1].destroy(new Error('cable cut'));
          else streams[0].destroy(new Error('cable cut'));
          await assertSettled(calls);
          await Promise.all([client.closed, server.closed]);
          assert.ok(isEmpty(client) && isEmpty(server), JSON.stringify([client.stats, server.stats]));
        }
      }
    });
  }

  test('calls after the end reject at once and cannot have run', async () => {
    const { client, root } = connectedPair();
    await root.empty().promise();
    client.close('enough');
    await assert.rejects(root.empty().promise(), { type: 'disconnected', mayHaveRun: false, message: 'enough' });
    await assert.rejects(client.bootstrap(Everything).empty().promise(), { type: 'disconnected' });
  });

  test('a stream that was dead when it was handed over ends the connection', async () => {
    const [left] = duplexPair();
    left.destroy();
    await new Promise(setImmediate);
    const client = connectRpc(left);
    const call = client.bootstrap(Everything).empty().promise();
    await assert.rejects(call, { type: 'disconnected' });
    await client.closed;
  });

  test('the signal of a running method is aborted', async () => {
    const { server, client, root, state } = connectedPair();
    root
      .hang()
      .promise()
      .catch(() => undefined);
    await eventually(() => server.stats.inFlightCalls === 1);
    client.close();
    await eventually(() => state.canceled === 1);
  });
});
