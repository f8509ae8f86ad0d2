import { promisedClient } from '../promised-client.ts';
import { RPC_ERROR_TYPES, RpcError } from '../rpc-error.ts';
import {
  Counter$Server,
  type Everything$Client,
  Everything$Server,
  type Everything$Server$Target,
  Sink,
  type Sink$Client,
  Stream$Server,
} from './generated/everything.ts';

/** What all objects of one test server share and what tests look at. */
export type EverythingState = {
  canceled: number;
  /** Objects handed out by `open` and not released yet. */
  children: number;
  kept: Sink$Client | undefined;
  readonly held: { release: () => void }[];
};

export function everythingState(): EverythingState {
  return { canceled: 0, children: 0, kept: undefined, held: [] };
}

/** Most calls one `feed` makes: a number that comes from a stranger never decides alone how much is done. */
const MAX_FEED = 10_000;

/** The object of everything.capnp, in TypeScript. */
export function everything(state: EverythingState, name = 'root'): Everything$Client {
  if (name !== 'root') state.children++;
  const target = {
    empty() {},
    echoThing(params, results) {
      results.thing = params.thing;
    },
    open(params, results) {
      results.child = everything(state, params.name);
    },
    whoAmI(_params, results) {
      results.name = name;
    },
    async feed(params, results) {
      const { sink, count } = params;
      if (count > MAX_FEED) throw new RpcError('failed', `Cannot feed ${count} times: ${MAX_FEED} is the most`);
      const calls = Array.from({ length: count }, (_, n) => {
        return sink.put((p) => {
          p.n = n;
        });
      });
      for (const call of calls) results.total = (await call.promise()).total;
    },
    echoSink(params, results) {
      results.sink = params.sink;
    },
    fail(params) {
      throw new RpcError(RPC_ERROR_TYPES[params.type] ?? 'failed', params.reason);
    },
    hang(_params, _results, { signal }) {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          state.canceled++;
          reject(signal.reason);
        });
      });
    },
    canceledCount(_params, results) {
      results.count = state.canceled;
    },
    keep(params) {
      state.kept?.close();
      state.kept = params.sink.dup();
    },
    async poke(params, results) {
      if (state.kept === undefined) throw new Error('nothing kept');
      const put = state.kept.put((p) => {
        p.n = params.n;
      });
      results.total = (await put.promise()).total;
    },
    drop() {
      state.kept?.close();
      state.kept = undefined;
    },
    echoAny(params, results) {
      results.any = params.any;
    },
    echoGeneric(params, results) {
      results.value = params.value;
    },
    echoColor(params, results) {
      results.color = params.color;
    },
    openStream(_params, results) {
      let bytes = 0n;
      let writing = false;
      results.stream = new Stream$Server({
        async write(params) {
          if (writing) throw new Error('a write began before the one before it had ended');
          writing = true;
          await null;
          bytes += BigInt(params.chunk.length);
          writing = false;
        },
        done(_params, results) {
          results.bytes = bytes;
        },
      }).client();
    },
    holdSink(params, results) {
      const sink = params.sink.dup();
      const { client, resolve } = promisedClient(Sink);
      results.later = client;
      client.close();
      state.held.push({
        release() {
          resolve(sink);
          sink.close();
        },
      });
    },
    releaseHeld() {
      for (const held of state.held.splice(0)) held.release();
    },
    async echoSinkLater(params, results) {
      await params.sink.put().promise();
      results.sink = params.sink;
    },
    openCounter(params, results) {
      const { label } = params;
      let n = 0;
      results.counter = new Counter$Server({
        next(_params, results) {
          results.n = ++n;
        },
        label(_params, results) {
          results.text = label;
        },
        reset(params) {
          n = params.to;
        },
      }).client();
    },
    [Symbol.dispose]() {
      if (name !== 'root') state.children--;
    },
  } satisfies Omit<Everything$Server$Target, 'notThere'>;
  // `notThere` is missing on purpose: calling it has to be refused as unimplemented.
  return new Everything$Server(target as unknown as Everything$Server$Target).client();
}
