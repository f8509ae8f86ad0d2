// Generated from common.capnp by scripts/capnp-generate.cjs; do not edit.
import * as $ from "../../capnp/runtime.ts";
export const _capnpFileId = 0xbf5147cbbecf40c1n;
export class Money extends $.Struct {
  static readonly _capnp = {
    displayName: "Money",
    id: "cbbf1467ef12bfbf",
    size: new $.ObjectSize(8, 1),
    defaultCurrency: "EUR"
  };
  get units(): bigint {
    return $.utils.getInt64(0, this);
  }
  set units(value: bigint) {
    $.utils.setInt64(0, value, this, 0n, "units");
  }
  get currency(): string {
    return $.utils.getText(0, this, Money._capnp.defaultCurrency);
  }
  set currency(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Money_" + super.toString(); }
}
export const Level = {
  LOW: 0,
  MID: 1,
  HIGH: 2
} as const;
export type Level = (typeof Level)[keyof typeof Level] | $.UnknownMember;
export class Closeable_Close$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "close$Params",
    id: "dbf64a2a782125a1",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Closeable_Close$Params_" + super.toString(); }
}
export class Closeable_Close$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "close$Results",
    id: "a5c17543e4b2011a",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Closeable_Close$Results_" + super.toString(); }
}
export class Closeable_Close$Results$Promise {
  pipeline: $.Pipeline<Closeable_Close$Results>;
  constructor(pipeline: $.Pipeline<Closeable_Close$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Closeable_Close$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Closeable$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xd6d270857f7f4527n;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Closeable$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Closeable_Close$Params, Closeable_Close$Results>
  ] = [
    {
      ParamsClass: Closeable_Close$Params,
      ResultsClass: Closeable_Close$Results,
      interfaceId: Closeable$Client.interfaceId,
      methodId: 0,
      interfaceName: "common.capnp:Closeable",
      methodName: "close"
    }
  ];
  close(paramsFunc?: (params: Closeable_Close$Params) => void, options?: $.CallOptions): Closeable_Close$Results$Promise {
    const answer = this.client.call({
      method: Closeable$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Closeable_Close$Results, answer);
    return new Closeable_Close$Results$Promise(pipeline);
  }
}
export interface Closeable$Server$Target extends Partial<Disposable> {
  close(params: Closeable_Close$Params, results: Closeable_Close$Results, context: $.CallContext): Promise<void> | void;
}
export class Closeable$Server extends $.Server {
  constructor(target: Closeable$Server$Target) {
    super(target, [
      {
        ...Closeable$Client.methods[0],
        impl: target.close
      }
    ]);
  }
  client(): Closeable$Client {
    return new Closeable$Client(this);
  }
}
export class Closeable extends $.Interface {
  static readonly Client = Closeable$Client;
  static readonly Server = Closeable$Server;
  static readonly _capnp = {
    displayName: "Closeable",
    id: "d6d270857f7f4527",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Closeable_" + super.toString(); }
}
