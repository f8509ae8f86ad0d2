import assert from 'node:assert/strict';
import { writeCapTable } from '../cap-write.ts';
import { type Descriptor, DISEMBARGO, RETURN, SEND_RESULTS_TO, type Target } from '../envelope.ts';
import {
  bootstrapMessage,
  disembargoMessage,
  emptyReturn,
  exceptionReturn,
  finishMessage,
  type OpenCall,
  resolveMessage,
} from '../envelope-write.ts';
import { RpcError } from '../rpc-error.ts';
import { callMessage, oneCap, type RawPeer, type Received, resultsMessage } from './raw-peer.ts';

const MAIN: Target = { kind: 'import', id: 0 };
const PUT = 0;
const METHOD = {
  open: 2,
  whoAmI: 3,
  echoSink: 5,
  hang: 7,
  keep: 9,
  drop: 11,
  holdSink: 16,
  releaseHeld: 17,
  later: 19,
};
const TAKES_CAP: readonly number[] = [METHOD.echoSink, METHOD.keep, METHOD.holdSink, METHOD.later];
/** Capabilities of the peer: these are objects, the one behind them a promise that is resolved once. */
const OBJECTS = [40, 41];
const PROMISE = 42;

type OwnCall = { readonly id: number; readonly kept: boolean; taken: boolean; returned: boolean; finished: boolean };
type TheirCall = {
  readonly bootstrap: boolean;
  readonly reflected: boolean;
  /** A method here may wait for it: neither may it wait for that method in turn, nor is what it brings ever closed. */
  readonly awaited: boolean;
  returned: boolean;
  finished: boolean;
  /** The capability of the peer in its results, which goes back with Finish. */
  result?: number | undefined;
};

/** A peer that keeps to the rules, and else does what comes to its mind: it finishes, takes and answers in any order. */
export class HagglingPeer {
  readonly #own: OwnCall[] = [];
  readonly theirs = new Map<number, TheirCall>();
  /** How often each capability was sent, less what was given back. */
  readonly sent = new Map<number, number>();
  readonly #raw: RawPeer;
  readonly #random: () => number;
  #read = 0;
  #resolved = false;
  #nextId = 1;

  constructor(raw: RawPeer, random: () => number) {
    this.#raw = raw;
    this.#random = random;
    this.#own.push({ id: 0, kept: false, taken: false, returned: false, finished: false });
    raw.send(bootstrapMessage(0));
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }

  read(): void {
    for (const message of this.#raw.received.slice(this.#read)) this.#see(message);
    this.#read = this.#raw.received.length;
  }

  #see({ kind, id, detail }: Received): void {
    const call = this.theirs.get(id);
    switch (kind) {
      case 'bootstrap':
      case 'call':
        assert.equal(call, undefined, `question ${id} is in use`);
        this.theirs.set(id, {
          bootstrap: kind === 'bootstrap',
          reflected: detail.endsWith('keep results'),
          awaited: detail === `of method ${PUT}`,
          returned: false,
          finished: false,
        });
        return;
      case 'finish':
        assert.ok(call !== undefined && !call.finished, `Finish of question ${id} that is not open`);
        call.finished = true;
        if (call.returned) this.theirs.delete(id);
        if (call.result !== undefined)
          this.sent.set(call.result, (this.sent.get(call.result) ?? 0) - Number(detail === 'release results'));
        return;
      case 'return': {
        const own = this.#own.find((one) => one.id === id);
        assert.ok(own !== undefined && !own.returned, `Return of question ${id} that is not open`);
        own.returned = true;
        return;
      }
      case 'release': {
        const left = (this.sent.get(id) ?? 0) - Number.parseInt(detail, 10);
        assert.ok(left >= 0, `Release of capability ${id} that was not sent`);
        this.sent.set(id, left);
        return;
      }
      case 'disembargo':
        if (detail === 'of the sender') this.#raw.send(disembargoMessage(MAIN, DISEMBARGO.receiverLoopback, id));
        return;
      default:
    }
  }

  #target(): Target {
    const call = this.#random() < 0.5 ? undefined : this.#pick(this.#own.filter(({ finished }) => !finished));
    return call === undefined ? MAIN : { kind: 'answer', questionId: call.id, path: call.id === 0 ? [] : [0] };
  }

  #cap(own = false): Descriptor {
    const target = this.#target();
    if (!own && target.kind === 'answer')
      return { which: 'receiverAnswer', questionId: target.questionId, path: target.path };
    const id = this.#pick([...OBJECTS, PROMISE]) ?? PROMISE;
    if (id === PROMISE && this.#resolved) return { which: 'receiverHosted', id: 0 };
    this.sent.set(id, (this.sent.get(id) ?? 0) + 1);
    return { which: id === PROMISE ? 'senderPromise' : 'senderHosted', id };
  }

  #call(): void {
    const method = this.#pick(Object.values(METHOD)) ?? METHOD.open;
    const kept = this.#random() < 0.5;
    const target = this.#target();
    // The method of this one waits for the capability, whatever becomes of its caller.
    const fill = TAKES_CAP.includes(method) ? oneCap(this.#cap(method === METHOD.later)) : undefined;
    const id = this.#nextId++;
    this.#own.push({ id, kept, taken: false, returned: false, finished: false });
    this.#raw.send(callMessage(id, target, method, fill, kept ? SEND_RESULTS_TO.yourself : SEND_RESULTS_TO.caller));
  }

  /** Answers one of their calls in one of all the ways there are. */
  #return(id: number, call: TheirCall): void {
    call.returned = true;
    if (call.finished) this.theirs.delete(id);
    const takeable = this.#pick(this.#own.filter(({ kept, taken, finished }) => kept && !taken && !finished));
    const dice = this.#random();
    if (takeable !== undefined && !call.awaited && !call.bootstrap && dice < 0.5) {
      takeable.taken = true;
      this.#raw.send(releasing(emptyReturn(id, RETURN.takeFromOtherQuestion, takeable.id)));
    } else if (call.reflected && dice < 0.8) this.#raw.send(releasing(emptyReturn(id, RETURN.resultsSentElsewhere)));
    else if (call.finished || dice < 0.6)
      this.#raw.send(releasing(exceptionReturn(id, new RpcError('failed', 'no'), 9)));
    else if (call.awaited) this.#raw.send(releasing(emptyReturn(id, RETURN.results)));
    else {
      const cap = this.#cap();
      if (cap.which === 'senderHosted' || cap.which === 'senderPromise') call.result = cap.id;
      this.#raw.send(releasing(resultsMessage(id, call.bootstrap ? rootCap(cap) : oneCap(cap))));
    }
  }

  #finish(call: OwnCall): void {
    call.finished = true;
    this.#raw.send(finishMessage(call.id, true));
  }

  resolve(): void {
    if (this.#resolved) return;
    this.#resolved = true;
    this.#raw.send(resolveMessage(PROMISE, { cap: this.#cap() }));
  }

  /** Answers and finishes all there is. */
  giveUp(): void {
    this.read();
    for (const [id, call] of [...this.theirs]) if (!call.returned) this.#return(id, call);
    for (const call of this.#own) if (!call.finished) this.#finish(call);
  }

  act(): void {
    const dice = this.#random();
    const waiting = this.#pick([...this.theirs].filter(([, { returned }]) => !returned));
    const open = this.#pick(this.#own.filter(({ id, finished }) => id !== 0 && !finished));
    if (dice < 0.35 && waiting !== undefined) this.#return(...waiting);
    else if (dice < 0.6 && open !== undefined) this.#finish(open);
    else if (dice < 0.63) this.resolve();
    else this.#call();
  }
}

function rootCap(descriptor: Descriptor): (open: OpenCall) => void {
  return ({ message, content, payloadAt }) => {
    message.first.view.setUint32(content.at, 3, true);
    writeCapTable(message.first, payloadAt, [descriptor]);
  };
}

/** The Return, which gives back the parameters' capabilities, too. */
function releasing<M extends ReturnType<typeof emptyReturn>>(message: M): M {
  message.first.view.setUint8(28, 0);
  return message;
}
