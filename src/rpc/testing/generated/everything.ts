// Generated from everything.capnp by scripts/capnp-generate.cjs; do not edit.
import * as $ from "../../capnp/runtime.ts";
export const _capnpFileId = 0xd4c3b2a190807060n;
export const Color = {
  RED: 0,
  GREEN: 1,
  BLUE: 2
} as const;
export type Color = (typeof Color)[keyof typeof Color] | $.UnknownMember;
export const OldColor = {
  RED: 0,
  GREEN: 1
} as const;
export type OldColor = (typeof OldColor)[keyof typeof OldColor] | $.UnknownMember;
export class Inner extends $.Struct {
  static readonly _capnp = {
    displayName: "Inner",
    id: "a22b0d983e85fd3f",
    size: new $.ObjectSize(8, 2),
    defaultSmall: $.getUint8Mask(3),
    defaultLabel: "unnamed",
    defaultNumbers: $.readRawPointer(new Uint8Array([16, 4, 17, 1, 29, 1, 1, 1, 2, 1, 3]).buffer)
  };
  get small(): number {
    return $.utils.getUint8(0, this, Inner._capnp.defaultSmall);
  }
  set small(value: number) {
    $.utils.setUint8(0, value, this, Inner._capnp.defaultSmall, "small");
  }
  get label(): string {
    return $.utils.getText(0, this, Inner._capnp.defaultLabel);
  }
  set label(value: string) {
    $.utils.setText(0, value, this);
  }
  get numbers(): $.List<bigint> {
    return $.utils.getList(1, $.Int64List, this, Inner._capnp.defaultNumbers);
  }
  _hasNumbers(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initNumbers(length: number): $.List<bigint> {
    return $.utils.initList(1, $.Int64List, length, this);
  }
  set numbers(value: $.List<bigint>) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Inner_" + super.toString(); }
}
export class Box extends $.Struct {
  static readonly _capnp = {
    displayName: "Box",
    id: "d9e0718a406e5523",
    size: new $.ObjectSize(0, 1),
  };
  get value(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasValue(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set value(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Box_" + super.toString(); }
}
export class Thing_Point extends $.Struct {
  static readonly _capnp = {
    displayName: "point",
    id: "da6bb7d22e4455b6",
    size: new $.ObjectSize(48, 16),
    defaultY: $.getFloat64Mask(1.5)
  };
  get x(): number {
    return $.utils.getInt16(12, this);
  }
  set x(value: number) {
    $.utils.setInt16(12, value, this, 0, "x");
  }
  get y(): number {
    return $.utils.getFloat64(16, this, Thing_Point._capnp.defaultY);
  }
  set y(value: number) {
    $.utils.setFloat64(16, value, this, Thing_Point._capnp.defaultY);
  }
  override toString(): string { return "Thing_Point_" + super.toString(); }
}
export const Thing_Choice_Which = {
  EMPTY: 0,
  INNER: 1
} as const;
export type Thing_Choice_Which = (typeof Thing_Choice_Which)[keyof typeof Thing_Choice_Which] | $.UnknownMember;
export class Thing_Choice extends $.Struct {
  static readonly EMPTY = Thing_Choice_Which.EMPTY;
  static readonly INNER = Thing_Choice_Which.INNER;
  static readonly _capnp = {
    displayName: "choice",
    id: "c10cfe55783af79f",
    size: new $.ObjectSize(48, 16),
  };
  get _isEmpty(): boolean {
    return $.utils.getUint16(26, this) === 0;
  }
  set empty(_: true) {
    $.utils.setUint16(26, 0, this);
  }
  get inner(): Inner {
    $.utils.testWhich("inner", $.utils.getUint16(26, this), 1, this);
    return $.utils.getStruct(6, Inner, this);
  }
  _hasInner(): boolean {
    return !$.utils.isNull($.utils.getPointer(6, this));
  }
  _initInner(): Inner {
    $.utils.setUint16(26, 1, this);
    return $.utils.initStructAt(6, Inner, this);
  }
  get _isInner(): boolean {
    return $.utils.getUint16(26, this) === 1;
  }
  set inner(value: Inner) {
    $.utils.setUint16(26, 1, this);
    $.utils.copyFrom(value, $.utils.getPointer(6, this));
  }
  override toString(): string { return "Thing_Choice_" + super.toString(); }
  which(): Thing_Choice_Which {
    return $.utils.getUint16(26, this) as Thing_Choice_Which;
  }
}
export const Thing_Which = {
  NONE: 0,
  NUMBER: 1,
  TEXT: 2,
  POINT: 3
} as const;
export type Thing_Which = (typeof Thing_Which)[keyof typeof Thing_Which] | $.UnknownMember;
export class Thing extends $.Struct {
  static readonly NONE = Thing_Which.NONE;
  static readonly NUMBER = Thing_Which.NUMBER;
  static readonly TEXT = Thing_Which.TEXT;
  static readonly POINT = Thing_Which.POINT;
  static readonly _capnp = {
    displayName: "Thing",
    id: "861686b4e51a92e4",
    size: new $.ObjectSize(48, 16),
    defaultColor: $.getUint16Mask(1),
    defaultNumber: $.getInt32Mask(-5),
    defaultFlag: $.getBitMask(true, 0),
    defaultInner: $.readRawPointer(new Uint8Array([16, 5, 80, 1, 2, 1, 4, 17, 5, 50, 0, 0, 31, 103, 105, 118, 101, 110]).buffer),
    defaultI8: $.getInt8Mask(-8),
    defaultI16: $.getInt16Mask(-16),
    defaultI64: $.getInt64Mask(-0x40n),
    defaultU16: $.getUint16Mask(16),
    defaultF32: $.getFloat32Mask(0.5),
    defaultU32: $.getUint32Mask(4000000000)
  };
  static _Inners: $.ListCtor<Inner>;
  static _Nested: $.ListCtor<$.List<string>>;
  get id(): bigint {
    return $.utils.getUint64(0, this);
  }
  set id(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "id");
  }
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  get inners(): $.List<Inner> {
    return $.utils.getList(1, Thing._Inners, this);
  }
  _hasInners(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initInners(length: number): $.List<Inner> {
    return $.utils.initList(1, Thing._Inners, length, this);
  }
  set inners(value: $.List<Inner>) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get nested(): $.List<$.List<string>> {
    return $.utils.getList(2, Thing._Nested, this);
  }
  _hasNested(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initNested(length: number): $.List<$.List<string>> {
    return $.utils.initList(2, Thing._Nested, length, this);
  }
  set nested(value: $.List<$.List<string>>) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get color(): Color {
    return $.utils.getUint16(8, this, Thing._capnp.defaultColor) as Color;
  }
  set color(value: Color) {
    $.utils.setUint16(8, value, this, Thing._capnp.defaultColor, "color");
  }
  get _isNone(): boolean {
    return $.utils.getUint16(10, this) === 0;
  }
  set none(_: true) {
    $.utils.setUint16(10, 0, this);
  }
  get number(): number {
    $.utils.testWhich("number", $.utils.getUint16(10, this), 1, this);
    return $.utils.getInt32(12, this, Thing._capnp.defaultNumber);
  }
  get _isNumber(): boolean {
    return $.utils.getUint16(10, this) === 1;
  }
  set number(value: number) {
    $.utils.setInt32(12, value, this, Thing._capnp.defaultNumber, "number");
    $.utils.setUint16(10, 1, this);
  }
  get text(): string {
    $.utils.testWhich("text", $.utils.getUint16(10, this), 2, this);
    return $.utils.getText(3, this);
  }
  get _isText(): boolean {
    return $.utils.getUint16(10, this) === 2;
  }
  set text(value: string) {
    $.utils.setUint16(10, 2, this);
    $.utils.setText(3, value, this);
  }
  get point(): Thing_Point {
    $.utils.testWhich("point", $.utils.getUint16(10, this), 3, this);
    return $.utils.getAs(Thing_Point, this);
  }
  _initPoint(): Thing_Point {
    $.utils.setUint16(10, 3, this);
    return $.utils.getAs(Thing_Point, this);
  }
  get _isPoint(): boolean {
    return $.utils.getUint16(10, this) === 3;
  }
  set point(_: true) {
    $.utils.setUint16(10, 3, this);
  }
  get any(): $.Pointer {
    return $.utils.getPointer(4, this);
  }
  _hasAny(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  set any(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  get data(): $.Data {
    return $.utils.getData(5, this);
  }
  _hasData(): boolean {
    return !$.utils.isNull($.utils.getPointer(5, this));
  }
  _initData(length: number): $.Data {
    return $.utils.initData(5, length, this);
  }
  set data(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(5, this));
  }
  get flag(): boolean {
    return $.utils.getBit(192, this, Thing._capnp.defaultFlag);
  }
  set flag(value: boolean) {
    $.utils.setBit(192, value, this, Thing._capnp.defaultFlag);
  }
  get choice(): Thing_Choice {
    return $.utils.getAs(Thing_Choice, this);
  }
  _initChoice(): Thing_Choice {
    return $.utils.getAs(Thing_Choice, this);
  }
  get inner(): Inner {
    return $.utils.getStruct(7, Inner, this, Thing._capnp.defaultInner);
  }
  _hasInner(): boolean {
    return !$.utils.isNull($.utils.getPointer(7, this));
  }
  _initInner(): Inner {
    return $.utils.initStructAt(7, Inner, this);
  }
  set inner(value: Inner) {
    $.utils.copyFrom(value, $.utils.getPointer(7, this));
  }
  get box(): Box {
    return $.utils.getStruct(8, Box, this);
  }
  _hasBox(): boolean {
    return !$.utils.isNull($.utils.getPointer(8, this));
  }
  _initBox(): Box {
    return $.utils.initStructAt(8, Box, this);
  }
  set box(value: Box) {
    $.utils.copyFrom(value, $.utils.getPointer(8, this));
  }
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(9, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(9, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(9, value, this);
  }
  get colors(): $.List<Color> {
    return $.utils.getList(10, $.Uint16List, this) as $.List<Color>;
  }
  _hasColors(): boolean {
    return !$.utils.isNull($.utils.getPointer(10, this));
  }
  _initColors(length: number): $.List<Color> {
    return $.utils.initList(10, $.Uint16List, length, this) as $.List<Color>;
  }
  set colors(value: $.List<Color>) {
    $.utils.copyFrom(value, $.utils.getPointer(10, this));
  }
  get sinks(): $.List<Sink$Client> {
    return $.utils.getList(11, $.InterfaceList(Sink$Client), this);
  }
  _hasSinks(): boolean {
    return !$.utils.isNull($.utils.getPointer(11, this));
  }
  _initSinks(length: number): $.List<Sink$Client> {
    return $.utils.initList(11, $.InterfaceList(Sink$Client), length, this);
  }
  set sinks(value: $.List<Sink$Client>) {
    $.utils.copyFrom(value, $.utils.getPointer(11, this));
  }
  get bools(): $.List<boolean> {
    return $.utils.getList(12, $.BoolList, this);
  }
  _hasBools(): boolean {
    return !$.utils.isNull($.utils.getPointer(12, this));
  }
  _initBools(length: number): $.List<boolean> {
    return $.utils.initList(12, $.BoolList, length, this);
  }
  set bools(value: $.List<boolean>) {
    $.utils.copyFrom(value, $.utils.getPointer(12, this));
  }
  get boxed(): Box {
    return $.utils.getStruct(13, Box, this);
  }
  _hasBoxed(): boolean {
    return !$.utils.isNull($.utils.getPointer(13, this));
  }
  _initBoxed(): Box {
    return $.utils.initStructAt(13, Box, this);
  }
  set boxed(value: Box) {
    $.utils.copyFrom(value, $.utils.getPointer(13, this));
  }
  get i8(): number {
    return $.utils.getInt8(25, this, Thing._capnp.defaultI8);
  }
  set i8(value: number) {
    $.utils.setInt8(25, value, this, Thing._capnp.defaultI8, "i8");
  }
  get i16(): number {
    return $.utils.getInt16(28, this, Thing._capnp.defaultI16);
  }
  set i16(value: number) {
    $.utils.setInt16(28, value, this, Thing._capnp.defaultI16, "i16");
  }
  get i64(): bigint {
    return $.utils.getInt64(32, this, Thing._capnp.defaultI64);
  }
  set i64(value: bigint) {
    $.utils.setInt64(32, value, this, Thing._capnp.defaultI64, "i64");
  }
  get u16(): number {
    return $.utils.getUint16(30, this, Thing._capnp.defaultU16);
  }
  set u16(value: number) {
    $.utils.setUint16(30, value, this, Thing._capnp.defaultU16, "u16");
  }
  get f32(): number {
    return $.utils.getFloat32(40, this, Thing._capnp.defaultF32);
  }
  set f32(value: number) {
    $.utils.setFloat32(40, value, this, Thing._capnp.defaultF32);
  }
  get u32(): number {
    return $.utils.getUint32(44, this, Thing._capnp.defaultU32);
  }
  set u32(value: number) {
    $.utils.setUint32(44, value, this, Thing._capnp.defaultU32, "u32");
  }
  get datas(): $.List<$.Data> {
    return $.utils.getList(14, $.DataList, this);
  }
  _hasDatas(): boolean {
    return !$.utils.isNull($.utils.getPointer(14, this));
  }
  _initDatas(length: number): $.List<$.Data> {
    return $.utils.initList(14, $.DataList, length, this);
  }
  set datas(value: $.List<$.Data>) {
    $.utils.copyFrom(value, $.utils.getPointer(14, this));
  }
  get floats(): $.List<number> {
    return $.utils.getList(15, $.Float64List, this);
  }
  _hasFloats(): boolean {
    return !$.utils.isNull($.utils.getPointer(15, this));
  }
  _initFloats(length: number): $.List<number> {
    return $.utils.initList(15, $.Float64List, length, this);
  }
  set floats(value: $.List<number>) {
    $.utils.copyFrom(value, $.utils.getPointer(15, this));
  }
  override toString(): string { return "Thing_" + super.toString(); }
  which(): Thing_Which {
    return $.utils.getUint16(10, this) as Thing_Which;
  }
}
export class OldThing extends $.Struct {
  static readonly _capnp = {
    displayName: "OldThing",
    id: "c4e0d21c0154c645",
    size: new $.ObjectSize(8, 1),
  };
  get id(): bigint {
    return $.utils.getUint64(0, this);
  }
  set id(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "id");
  }
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "OldThing_" + super.toString(); }
}
export class ColorBox extends $.Struct {
  static readonly _capnp = {
    displayName: "ColorBox",
    id: "f47ff2c85ed673c3",
    size: new $.ObjectSize(8, 0),
  };
  get color(): Color {
    return $.utils.getUint16(0, this) as Color;
  }
  set color(value: Color) {
    $.utils.setUint16(0, value, this, 0, "color");
  }
  override toString(): string { return "ColorBox_" + super.toString(); }
}
export class OldColorBox extends $.Struct {
  static readonly _capnp = {
    displayName: "OldColorBox",
    id: "f751a8d8021977af",
    size: new $.ObjectSize(8, 0),
  };
  get color(): OldColor {
    return $.utils.getUint16(0, this) as OldColor;
  }
  set color(value: OldColor) {
    $.utils.setUint16(0, value, this, 0, "color");
  }
  override toString(): string { return "OldColorBox_" + super.toString(); }
}
export class Sink_Put$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "put$Params",
    id: "f244d753dc4ad294",
    size: new $.ObjectSize(8, 0),
  };
  get n(): number {
    return $.utils.getUint32(0, this);
  }
  set n(value: number) {
    $.utils.setUint32(0, value, this, 0, "n");
  }
  override toString(): string { return "Sink_Put$Params_" + super.toString(); }
}
export class Sink_Put$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "put$Results",
    id: "f0f06a76ed81d917",
    size: new $.ObjectSize(8, 0),
  };
  get total(): number {
    return $.utils.getUint32(0, this);
  }
  set total(value: number) {
    $.utils.setUint32(0, value, this, 0, "total");
  }
  override toString(): string { return "Sink_Put$Results_" + super.toString(); }
}
export class Sink_Put$Results$Promise {
  pipeline: $.Pipeline<Sink_Put$Results>;
  constructor(pipeline: $.Pipeline<Sink_Put$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Sink_Put$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Sink$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xf30d2435426652bfn;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Sink$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Sink_Put$Params, Sink_Put$Results>
  ] = [
    {
      ParamsClass: Sink_Put$Params,
      ResultsClass: Sink_Put$Results,
      interfaceId: Sink$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Sink",
      methodName: "put"
    }
  ];
  put(paramsFunc?: (params: Sink_Put$Params) => void, options?: $.CallOptions): Sink_Put$Results$Promise {
    const answer = this.client.call({
      method: Sink$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Sink_Put$Results, answer);
    return new Sink_Put$Results$Promise(pipeline);
  }
}
export interface Sink$Server$Target extends Partial<Disposable> {
  put(params: Sink_Put$Params, results: Sink_Put$Results, context: $.CallContext): Promise<void> | void;
}
export class Sink$Server extends $.Server {
  constructor(target: Sink$Server$Target) {
    super(target, [
      {
        ...Sink$Client.methods[0],
        impl: target.put
      }
    ]);
  }
  client(): Sink$Client {
    return new Sink$Client(this);
  }
}
export class Sink extends $.Interface {
  static readonly Client = Sink$Client;
  static readonly Server = Sink$Server;
  static readonly _capnp = {
    displayName: "Sink",
    id: "f30d2435426652bf",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Sink_" + super.toString(); }
}
export class Stream_Write$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "write$Params",
    id: "8afd222e64776ad4",
    size: new $.ObjectSize(0, 1),
  };
  get chunk(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasChunk(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initChunk(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set chunk(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Stream_Write$Params_" + super.toString(); }
}
export class StreamResult extends $.Struct {
  static readonly _capnp = {
    displayName: "StreamResult",
    id: "995f9a3377c0b16e",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "StreamResult_" + super.toString(); }
}
export class Stream_Done$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "done$Params",
    id: "aa9e5a57ad9d9dc2",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Stream_Done$Params_" + super.toString(); }
}
export class Stream_Done$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "done$Results",
    id: "990fc8d76ffe2587",
    size: new $.ObjectSize(8, 0),
  };
  get bytes(): bigint {
    return $.utils.getUint64(0, this);
  }
  set bytes(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "bytes");
  }
  override toString(): string { return "Stream_Done$Results_" + super.toString(); }
}
export class Stream_Done$Results$Promise {
  pipeline: $.Pipeline<Stream_Done$Results>;
  constructor(pipeline: $.Pipeline<Stream_Done$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Stream_Done$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Stream$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xe497da5a0363f98cn;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Stream$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Stream_Write$Params, StreamResult>,
    $.Method<Stream_Done$Params, Stream_Done$Results>
  ] = [
    {
      ParamsClass: Stream_Write$Params,
      ResultsClass: StreamResult,
      interfaceId: Stream$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Stream",
      methodName: "write"
    },
    {
      ParamsClass: Stream_Done$Params,
      ResultsClass: Stream_Done$Results,
      interfaceId: Stream$Client.interfaceId,
      methodId: 1,
      interfaceName: "everything.capnp:Stream",
      methodName: "done"
    }
  ];
  /** Resolves when the next one may be sent. */
  write(paramsFunc?: (params: Stream_Write$Params) => void, options?: $.CallOptions): Promise<void> {
    return $.callStream(this.client, { method: Stream$Client.methods[0], paramsFunc, options });
  }
  done(paramsFunc?: (params: Stream_Done$Params) => void, options?: $.CallOptions): Stream_Done$Results$Promise {
    const answer = this.client.call({
      method: Stream$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Stream_Done$Results, answer);
    return new Stream_Done$Results$Promise(pipeline);
  }
}
export interface Stream$Server$Target extends Partial<Disposable> {
  write(params: Stream_Write$Params, results: StreamResult, context: $.CallContext): Promise<void> | void;
  done(params: Stream_Done$Params, results: Stream_Done$Results, context: $.CallContext): Promise<void> | void;
}
export class Stream$Server extends $.Server {
  constructor(target: Stream$Server$Target) {
    super(target, [
      {
        ...Stream$Client.methods[0],
        impl: target.write
      },
      {
        ...Stream$Client.methods[1],
        impl: target.done
      }
    ]);
  }
  client(): Stream$Client {
    return new Stream$Client(this);
  }
}
export class Stream extends $.Interface {
  static readonly Client = Stream$Client;
  static readonly Server = Stream$Server;
  static readonly _capnp = {
    displayName: "Stream",
    id: "e497da5a0363f98c",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Stream_" + super.toString(); }
}
export class Labelled_Label$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "label$Params",
    id: "9e6951dece3126d7",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Labelled_Label$Params_" + super.toString(); }
}
export class Labelled_Label$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "label$Results",
    id: "d737ccaaa8063622",
    size: new $.ObjectSize(0, 1),
  };
  get text(): string {
    return $.utils.getText(0, this);
  }
  set text(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Labelled_Label$Results_" + super.toString(); }
}
export class Labelled_Label$Results$Promise {
  pipeline: $.Pipeline<Labelled_Label$Results>;
  constructor(pipeline: $.Pipeline<Labelled_Label$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Labelled_Label$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Labelled$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xc4b12271296e430fn;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Labelled$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Labelled_Label$Params, Labelled_Label$Results>
  ] = [
    {
      ParamsClass: Labelled_Label$Params,
      ResultsClass: Labelled_Label$Results,
      interfaceId: Labelled$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Labelled",
      methodName: "label"
    }
  ];
  label(paramsFunc?: (params: Labelled_Label$Params) => void, options?: $.CallOptions): Labelled_Label$Results$Promise {
    const answer = this.client.call({
      method: Labelled$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Labelled_Label$Results, answer);
    return new Labelled_Label$Results$Promise(pipeline);
  }
}
export interface Labelled$Server$Target extends Partial<Disposable> {
  label(params: Labelled_Label$Params, results: Labelled_Label$Results, context: $.CallContext): Promise<void> | void;
}
export class Labelled$Server extends $.Server {
  constructor(target: Labelled$Server$Target) {
    super(target, [
      {
        ...Labelled$Client.methods[0],
        impl: target.label
      }
    ]);
  }
  client(): Labelled$Client {
    return new Labelled$Client(this);
  }
}
export class Labelled extends $.Interface {
  static readonly Client = Labelled$Client;
  static readonly Server = Labelled$Server;
  static readonly _capnp = {
    displayName: "Labelled",
    id: "c4b12271296e430f",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Labelled_" + super.toString(); }
}
export class Resettable_Reset$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "reset$Params",
    id: "aa5aaf647f61c4c6",
    size: new $.ObjectSize(8, 0),
  };
  get to(): number {
    return $.utils.getUint32(0, this);
  }
  set to(value: number) {
    $.utils.setUint32(0, value, this, 0, "to");
  }
  override toString(): string { return "Resettable_Reset$Params_" + super.toString(); }
}
export class Resettable_Reset$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "reset$Results",
    id: "f65b53de495726d1",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Resettable_Reset$Results_" + super.toString(); }
}
export class Resettable_Reset$Results$Promise {
  pipeline: $.Pipeline<Resettable_Reset$Results>;
  constructor(pipeline: $.Pipeline<Resettable_Reset$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Resettable_Reset$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Resettable$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0x8ed1408ad74ec02bn;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Resettable$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Resettable_Reset$Params, Resettable_Reset$Results>
  ] = [
    {
      ParamsClass: Resettable_Reset$Params,
      ResultsClass: Resettable_Reset$Results,
      interfaceId: Resettable$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Resettable",
      methodName: "reset"
    }
  ];
  reset(paramsFunc?: (params: Resettable_Reset$Params) => void, options?: $.CallOptions): Resettable_Reset$Results$Promise {
    const answer = this.client.call({
      method: Resettable$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Resettable_Reset$Results, answer);
    return new Resettable_Reset$Results$Promise(pipeline);
  }
}
export interface Resettable$Server$Target extends Partial<Disposable> {
  reset(params: Resettable_Reset$Params, results: Resettable_Reset$Results, context: $.CallContext): Promise<void> | void;
}
export class Resettable$Server extends $.Server {
  constructor(target: Resettable$Server$Target) {
    super(target, [
      {
        ...Resettable$Client.methods[0],
        impl: target.reset
      }
    ]);
  }
  client(): Resettable$Client {
    return new Resettable$Client(this);
  }
}
export class Resettable extends $.Interface {
  static readonly Client = Resettable$Client;
  static readonly Server = Resettable$Server;
  static readonly _capnp = {
    displayName: "Resettable",
    id: "8ed1408ad74ec02b",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Resettable_" + super.toString(); }
}
export class Counter_Next$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "next$Params",
    id: "c576d4e4000b9a7b",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Counter_Next$Params_" + super.toString(); }
}
export class Counter_Next$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "next$Results",
    id: "969463515e8bc1cf",
    size: new $.ObjectSize(8, 0),
  };
  get n(): number {
    return $.utils.getUint32(0, this);
  }
  set n(value: number) {
    $.utils.setUint32(0, value, this, 0, "n");
  }
  override toString(): string { return "Counter_Next$Results_" + super.toString(); }
}
export class Counter_Next$Results$Promise {
  pipeline: $.Pipeline<Counter_Next$Results>;
  constructor(pipeline: $.Pipeline<Counter_Next$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Counter_Next$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Counter$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xf7b65814a6d157a5n;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Counter$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Counter_Next$Params, Counter_Next$Results>
  ] = [
    {
      ParamsClass: Counter_Next$Params,
      ResultsClass: Counter_Next$Results,
      interfaceId: Counter$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Counter",
      methodName: "next"
    }
  ];
  next(paramsFunc?: (params: Counter_Next$Params) => void, options?: $.CallOptions): Counter_Next$Results$Promise {
    const answer = this.client.call({
      method: Counter$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Counter_Next$Results, answer);
    return new Counter_Next$Results$Promise(pipeline);
  }
  label(paramsFunc?: (params: Labelled_Label$Params) => void, options?: $.CallOptions): Labelled_Label$Results$Promise {
    const answer = this.client.call({
      method: Labelled$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Labelled_Label$Results, answer);
    return new Labelled_Label$Results$Promise(pipeline);
  }
  reset(paramsFunc?: (params: Resettable_Reset$Params) => void, options?: $.CallOptions): Resettable_Reset$Results$Promise {
    const answer = this.client.call({
      method: Resettable$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Resettable_Reset$Results, answer);
    return new Resettable_Reset$Results$Promise(pipeline);
  }
}
export interface Counter$Server$Target extends Labelled$Server$Target, Resettable$Server$Target {
  next(params: Counter_Next$Params, results: Counter_Next$Results, context: $.CallContext): Promise<void> | void;
}
export class Counter$Server extends $.Server {
  constructor(target: Counter$Server$Target) {
    super(target, [
      {
        ...Counter$Client.methods[0],
        impl: target.next
      },
      {
        ...Labelled$Client.methods[0],
        impl: target.label
      },
      {
        ...Resettable$Client.methods[0],
        impl: target.reset
      }
    ]);
  }
  client(): Counter$Client {
    return new Counter$Client(this);
  }
}
export class Counter extends $.Interface {
  static readonly Client = Counter$Client;
  static readonly Server = Counter$Server;
  static readonly _capnp = {
    displayName: "Counter",
    id: "f7b65814a6d157a5",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Counter_" + super.toString(); }
}
export class Everything_Empty$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "empty$Params",
    id: "bc94da967b254605",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Empty$Params_" + super.toString(); }
}
export class Everything_Empty$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "empty$Results",
    id: "c3ac6e9af98b74d2",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Empty$Results_" + super.toString(); }
}
export class Everything_Empty$Results$Promise {
  pipeline: $.Pipeline<Everything_Empty$Results>;
  constructor(pipeline: $.Pipeline<Everything_Empty$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Empty$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_EchoThing$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "echoThing$Params",
    id: "f52dd0295ce7a206",
    size: new $.ObjectSize(0, 1),
  };
  get thing(): Thing {
    return $.utils.getStruct(0, Thing, this);
  }
  _hasThing(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initThing(): Thing {
    return $.utils.initStructAt(0, Thing, this);
  }
  set thing(value: Thing) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Everything_EchoThing$Params_" + super.toString(); }
}
export class Everything_EchoThing$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "echoThing$Results",
    id: "dc7364ae36c24c20",
    size: new $.ObjectSize(0, 1),
  };
  get thing(): Thing {
    return $.utils.getStruct(0, Thing, this);
  }
  _hasThing(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initThing(): Thing {
    return $.utils.initStructAt(0, Thing, this);
  }
  set thing(value: Thing) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Everything_EchoThing$Results_" + super.toString(); }
}
export class Everything_EchoThing$Results$Promise {
  pipeline: $.Pipeline<Everything_EchoThing$Results>;
  constructor(pipeline: $.Pipeline<Everything_EchoThing$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_EchoThing$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Open$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "open$Params",
    id: "caa25bd6c84c51e2",
    size: new $.ObjectSize(0, 1),
  };
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Everything_Open$Params_" + super.toString(); }
}
export class Everything_Open$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "open$Results",
    id: "b4fac2a2bf05f699",
    size: new $.ObjectSize(0, 1),
  };
  get child(): Everything$Client {
    return new Everything$Client($.utils.getCapability(0, this));
  }
  _hasChild(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set child(value: Everything$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_Open$Results_" + super.toString(); }
}
export class Everything_Open$Results$Promise {
  pipeline: $.Pipeline<Everything_Open$Results>;
  constructor(pipeline: $.Pipeline<Everything_Open$Results>) {
    this.pipeline = pipeline;
  }
  getChild(): Everything$Client {
    return new Everything$Client(this.pipeline.getPipeline(Everything, 0).client());
  }
  async promise(): Promise<Everything_Open$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_WhoAmI$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "whoAmI$Params",
    id: "8da0e573abc4923d",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_WhoAmI$Params_" + super.toString(); }
}
export class Everything_WhoAmI$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "whoAmI$Results",
    id: "8f8c22ed5e532862",
    size: new $.ObjectSize(0, 1),
  };
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Everything_WhoAmI$Results_" + super.toString(); }
}
export class Everything_WhoAmI$Results$Promise {
  pipeline: $.Pipeline<Everything_WhoAmI$Results>;
  constructor(pipeline: $.Pipeline<Everything_WhoAmI$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_WhoAmI$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Feed$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "feed$Params",
    id: "ea71d7f6616ec8c2",
    size: new $.ObjectSize(8, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  get count(): number {
    return $.utils.getUint32(0, this);
  }
  set count(value: number) {
    $.utils.setUint32(0, value, this, 0, "count");
  }
  override toString(): string { return "Everything_Feed$Params_" + super.toString(); }
}
export class Everything_Feed$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "feed$Results",
    id: "d409c03466a6ac84",
    size: new $.ObjectSize(8, 0),
  };
  get total(): number {
    return $.utils.getUint32(0, this);
  }
  set total(value: number) {
    $.utils.setUint32(0, value, this, 0, "total");
  }
  override toString(): string { return "Everything_Feed$Results_" + super.toString(); }
}
export class Everything_Feed$Results$Promise {
  pipeline: $.Pipeline<Everything_Feed$Results>;
  constructor(pipeline: $.Pipeline<Everything_Feed$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Feed$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_EchoSink$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "echoSink$Params",
    id: "efbcf1d9c4ff0ea1",
    size: new $.ObjectSize(0, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_EchoSink$Params_" + super.toString(); }
}
export class Everything_EchoSink$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "echoSink$Results",
    id: "8b09856e63280835",
    size: new $.ObjectSize(0, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_EchoSink$Results_" + super.toString(); }
}
export class Everything_EchoSink$Results$Promise {
  pipeline: $.Pipeline<Everything_EchoSink$Results>;
  constructor(pipeline: $.Pipeline<Everything_EchoSink$Results>) {
    this.pipeline = pipeline;
  }
  getSink(): Sink$Client {
    return new Sink$Client(this.pipeline.getPipeline(Sink, 0).client());
  }
  async promise(): Promise<Everything_EchoSink$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Fail$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "fail$Params",
    id: "8fb7081f8fbc2bc5",
    size: new $.ObjectSize(8, 1),
  };
  get type(): number {
    return $.utils.getUint16(0, this);
  }
  set type(value: number) {
    $.utils.setUint16(0, value, this, 0, "type");
  }
  get reason(): string {
    return $.utils.getText(0, this);
  }
  set reason(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Everything_Fail$Params_" + super.toString(); }
}
export class Everything_Fail$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "fail$Results",
    id: "fab524fd4137acbe",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Fail$Results_" + super.toString(); }
}
export class Everything_Fail$Results$Promise {
  pipeline: $.Pipeline<Everything_Fail$Results>;
  constructor(pipeline: $.Pipeline<Everything_Fail$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Fail$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Hang$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "hang$Params",
    id: "857448aa41e8fe2c",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Hang$Params_" + super.toString(); }
}
export class Everything_Hang$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "hang$Results",
    id: "948d32c5a724aef7",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Hang$Results_" + super.toString(); }
}
export class Everything_Hang$Results$Promise {
  pipeline: $.Pipeline<Everything_Hang$Results>;
  constructor(pipeline: $.Pipeline<Everything_Hang$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Hang$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_CanceledCount$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "canceledCount$Params",
    id: "b53f07b7fc7487ea",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_CanceledCount$Params_" + super.toString(); }
}
export class Everything_CanceledCount$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "canceledCount$Results",
    id: "8a458b4f31352890",
    size: new $.ObjectSize(8, 0),
  };
  get count(): number {
    return $.utils.getUint32(0, this);
  }
  set count(value: number) {
    $.utils.setUint32(0, value, this, 0, "count");
  }
  override toString(): string { return "Everything_CanceledCount$Results_" + super.toString(); }
}
export class Everything_CanceledCount$Results$Promise {
  pipeline: $.Pipeline<Everything_CanceledCount$Results>;
  constructor(pipeline: $.Pipeline<Everything_CanceledCount$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_CanceledCount$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Keep$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "keep$Params",
    id: "c6c3eb562b3209c1",
    size: new $.ObjectSize(0, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_Keep$Params_" + super.toString(); }
}
export class Everything_Keep$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "keep$Results",
    id: "a09da6229cd6a83e",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Keep$Results_" + super.toString(); }
}
export class Everything_Keep$Results$Promise {
  pipeline: $.Pipeline<Everything_Keep$Results>;
  constructor(pipeline: $.Pipeline<Everything_Keep$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Keep$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Poke$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "poke$Params",
    id: "b07bc558704ef4e7",
    size: new $.ObjectSize(8, 0),
  };
  get n(): number {
    return $.utils.getUint32(0, this);
  }
  set n(value: number) {
    $.utils.setUint32(0, value, this, 0, "n");
  }
  override toString(): string { return "Everything_Poke$Params_" + super.toString(); }
}
export class Everything_Poke$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "poke$Results",
    id: "cf909a20b08f78bb",
    size: new $.ObjectSize(8, 0),
  };
  get total(): number {
    return $.utils.getUint32(0, this);
  }
  set total(value: number) {
    $.utils.setUint32(0, value, this, 0, "total");
  }
  override toString(): string { return "Everything_Poke$Results_" + super.toString(); }
}
export class Everything_Poke$Results$Promise {
  pipeline: $.Pipeline<Everything_Poke$Results>;
  constructor(pipeline: $.Pipeline<Everything_Poke$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Poke$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_Drop$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "drop$Params",
    id: "856369f4464ccdc6",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Drop$Params_" + super.toString(); }
}
export class Everything_Drop$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "drop$Results",
    id: "a4cb604c1e3fad4f",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_Drop$Results_" + super.toString(); }
}
export class Everything_Drop$Results$Promise {
  pipeline: $.Pipeline<Everything_Drop$Results>;
  constructor(pipeline: $.Pipeline<Everything_Drop$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_Drop$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_EchoAny$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "echoAny$Params",
    id: "8ca93902168238d4",
    size: new $.ObjectSize(0, 1),
  };
  get any(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasAny(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set any(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Everything_EchoAny$Params_" + super.toString(); }
}
export class Everything_EchoAny$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "echoAny$Results",
    id: "96d692e82988ca0f",
    size: new $.ObjectSize(0, 1),
  };
  get any(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasAny(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set any(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Everything_EchoAny$Results_" + super.toString(); }
}
export class Everything_EchoAny$Results$Promise {
  pipeline: $.Pipeline<Everything_EchoAny$Results>;
  constructor(pipeline: $.Pipeline<Everything_EchoAny$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_EchoAny$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
  /** What will be in `any`, as a capability of this interface. */
  getAny<C extends $.ClientHolder>(of: $.InterfaceClass<C>): C {
    return this.pipeline.clientAt(0, of);
  }
}
export class Everything_EchoGeneric$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "echoGeneric$Params",
    id: "d28f44678cf66240",
    size: new $.ObjectSize(0, 1),
  };
  get value(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasValue(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set value(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Everything_EchoGeneric$Params_" + super.toString(); }
}
export class Everything_EchoGeneric$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "echoGeneric$Results",
    id: "803a34f990d22822",
    size: new $.ObjectSize(0, 1),
  };
  get value(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasValue(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set value(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Everything_EchoGeneric$Results_" + super.toString(); }
}
export class Everything_EchoGeneric$Results$Promise {
  pipeline: $.Pipeline<Everything_EchoGeneric$Results>;
  constructor(pipeline: $.Pipeline<Everything_EchoGeneric$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_EchoGeneric$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
  /** What will be in `value`, as a capability of this interface. */
  getValue<C extends $.ClientHolder>(of: $.InterfaceClass<C>): C {
    return this.pipeline.clientAt(0, of);
  }
}
export class ColorBox$Promise {
  pipeline: $.Pipeline<ColorBox>;
  constructor(pipeline: $.Pipeline<ColorBox>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<ColorBox> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_OpenStream$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "openStream$Params",
    id: "894a6e6535160526",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_OpenStream$Params_" + super.toString(); }
}
export class Everything_OpenStream$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "openStream$Results",
    id: "dbdf774dc085e5cd",
    size: new $.ObjectSize(0, 1),
  };
  get stream(): Stream$Client {
    return new Stream$Client($.utils.getCapability(0, this));
  }
  _hasStream(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set stream(value: Stream$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_OpenStream$Results_" + super.toString(); }
}
export class Everything_OpenStream$Results$Promise {
  pipeline: $.Pipeline<Everything_OpenStream$Results>;
  constructor(pipeline: $.Pipeline<Everything_OpenStream$Results>) {
    this.pipeline = pipeline;
  }
  getStream(): Stream$Client {
    return new Stream$Client(this.pipeline.getPipeline(Stream, 0).client());
  }
  async promise(): Promise<Everything_OpenStream$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_HoldSink$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "holdSink$Params",
    id: "9ec213b965ac52f6",
    size: new $.ObjectSize(0, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_HoldSink$Params_" + super.toString(); }
}
export class Everything_HoldSink$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "holdSink$Results",
    id: "a4e854c0c0a989f8",
    size: new $.ObjectSize(0, 1),
  };
  get later(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasLater(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set later(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_HoldSink$Results_" + super.toString(); }
}
export class Everything_HoldSink$Results$Promise {
  pipeline: $.Pipeline<Everything_HoldSink$Results>;
  constructor(pipeline: $.Pipeline<Everything_HoldSink$Results>) {
    this.pipeline = pipeline;
  }
  getLater(): Sink$Client {
    return new Sink$Client(this.pipeline.getPipeline(Sink, 0).client());
  }
  async promise(): Promise<Everything_HoldSink$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_ReleaseHeld$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "releaseHeld$Params",
    id: "e94de1b9421de4fc",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_ReleaseHeld$Params_" + super.toString(); }
}
export class Everything_ReleaseHeld$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "releaseHeld$Results",
    id: "b7c1723041265fc4",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_ReleaseHeld$Results_" + super.toString(); }
}
export class Everything_ReleaseHeld$Results$Promise {
  pipeline: $.Pipeline<Everything_ReleaseHeld$Results>;
  constructor(pipeline: $.Pipeline<Everything_ReleaseHeld$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_ReleaseHeld$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_NotThere$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "notThere$Params",
    id: "fd68a1041065342f",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_NotThere$Params_" + super.toString(); }
}
export class Everything_NotThere$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "notThere$Results",
    id: "d271e1b3cd3e6254",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_NotThere$Results_" + super.toString(); }
}
export class Everything_NotThere$Results$Promise {
  pipeline: $.Pipeline<Everything_NotThere$Results>;
  constructor(pipeline: $.Pipeline<Everything_NotThere$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Everything_NotThere$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_EchoSinkLater$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "echoSinkLater$Params",
    id: "c733765790537046",
    size: new $.ObjectSize(0, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_EchoSinkLater$Params_" + super.toString(); }
}
export class Everything_EchoSinkLater$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "echoSinkLater$Results",
    id: "8180dbd4daf16a54",
    size: new $.ObjectSize(0, 1),
  };
  get sink(): Sink$Client {
    return new Sink$Client($.utils.getCapability(0, this));
  }
  _hasSink(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set sink(value: Sink$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_EchoSinkLater$Results_" + super.toString(); }
}
export class Everything_EchoSinkLater$Results$Promise {
  pipeline: $.Pipeline<Everything_EchoSinkLater$Results>;
  constructor(pipeline: $.Pipeline<Everything_EchoSinkLater$Results>) {
    this.pipeline = pipeline;
  }
  getSink(): Sink$Client {
    return new Sink$Client(this.pipeline.getPipeline(Sink, 0).client());
  }
  async promise(): Promise<Everything_EchoSinkLater$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything_OpenCounter$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "openCounter$Params",
    id: "98d4595457788621",
    size: new $.ObjectSize(0, 1),
  };
  get label(): string {
    return $.utils.getText(0, this);
  }
  set label(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Everything_OpenCounter$Params_" + super.toString(); }
}
export class Everything_OpenCounter$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "openCounter$Results",
    id: "b97d0389e0c24c0e",
    size: new $.ObjectSize(0, 1),
  };
  get counter(): Counter$Client {
    return new Counter$Client($.utils.getCapability(0, this));
  }
  _hasCounter(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set counter(value: Counter$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Everything_OpenCounter$Results_" + super.toString(); }
}
export class Everything_OpenCounter$Results$Promise {
  pipeline: $.Pipeline<Everything_OpenCounter$Results>;
  constructor(pipeline: $.Pipeline<Everything_OpenCounter$Results>) {
    this.pipeline = pipeline;
  }
  getCounter(): Counter$Client {
    return new Counter$Client(this.pipeline.getPipeline(Counter, 0).client());
  }
  async promise(): Promise<Everything_OpenCounter$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Everything$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xf2a0ac38f883c786n;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Everything$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Everything_Empty$Params, Everything_Empty$Results>,
    $.Method<Everything_EchoThing$Params, Everything_EchoThing$Results>,
    $.Method<Everything_Open$Params, Everything_Open$Results>,
    $.Method<Everything_WhoAmI$Params, Everything_WhoAmI$Results>,
    $.Method<Everything_Feed$Params, Everything_Feed$Results>,
    $.Method<Everything_EchoSink$Params, Everything_EchoSink$Results>,
    $.Method<Everything_Fail$Params, Everything_Fail$Results>,
    $.Method<Everything_Hang$Params, Everything_Hang$Results>,
    $.Method<Everything_CanceledCount$Params, Everything_CanceledCount$Results>,
    $.Method<Everything_Keep$Params, Everything_Keep$Results>,
    $.Method<Everything_Poke$Params, Everything_Poke$Results>,
    $.Method<Everything_Drop$Params, Everything_Drop$Results>,
    $.Method<Everything_EchoAny$Params, Everything_EchoAny$Results>,
    $.Method<Everything_EchoGeneric$Params, Everything_EchoGeneric$Results>,
    $.Method<ColorBox, ColorBox>,
    $.Method<Everything_OpenStream$Params, Everything_OpenStream$Results>,
    $.Method<Everything_HoldSink$Params, Everything_HoldSink$Results>,
    $.Method<Everything_ReleaseHeld$Params, Everything_ReleaseHeld$Results>,
    $.Method<Everything_NotThere$Params, Everything_NotThere$Results>,
    $.Method<Everything_EchoSinkLater$Params, Everything_EchoSinkLater$Results>,
    $.Method<Everything_OpenCounter$Params, Everything_OpenCounter$Results>
  ] = [
    {
      ParamsClass: Everything_Empty$Params,
      ResultsClass: Everything_Empty$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Everything",
      methodName: "empty"
    },
    {
      ParamsClass: Everything_EchoThing$Params,
      ResultsClass: Everything_EchoThing$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 1,
      interfaceName: "everything.capnp:Everything",
      methodName: "echoThing"
    },
    {
      ParamsClass: Everything_Open$Params,
      ResultsClass: Everything_Open$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 2,
      interfaceName: "everything.capnp:Everything",
      methodName: "open"
    },
    {
      ParamsClass: Everything_WhoAmI$Params,
      ResultsClass: Everything_WhoAmI$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 3,
      interfaceName: "everything.capnp:Everything",
      methodName: "whoAmI"
    },
    {
      ParamsClass: Everything_Feed$Params,
      ResultsClass: Everything_Feed$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 4,
      interfaceName: "everything.capnp:Everything",
      methodName: "feed"
    },
    {
      ParamsClass: Everything_EchoSink$Params,
      ResultsClass: Everything_EchoSink$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 5,
      interfaceName: "everything.capnp:Everything",
      methodName: "echoSink"
    },
    {
      ParamsClass: Everything_Fail$Params,
      ResultsClass: Everything_Fail$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 6,
      interfaceName: "everything.capnp:Everything",
      methodName: "fail"
    },
    {
      ParamsClass: Everything_Hang$Params,
      ResultsClass: Everything_Hang$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 7,
      interfaceName: "everything.capnp:Everything",
      methodName: "hang"
    },
    {
      ParamsClass: Everything_CanceledCount$Params,
      ResultsClass: Everything_CanceledCount$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 8,
      interfaceName: "everything.capnp:Everything",
      methodName: "canceledCount"
    },
    {
      ParamsClass: Everything_Keep$Params,
      ResultsClass: Everything_Keep$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 9,
      interfaceName: "everything.capnp:Everything",
      methodName: "keep"
    },
    {
      ParamsClass: Everything_Poke$Params,
      ResultsClass: Everything_Poke$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 10,
      interfaceName: "everything.capnp:Everything",
      methodName: "poke"
    },
    {
      ParamsClass: Everything_Drop$Params,
      ResultsClass: Everything_Drop$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 11,
      interfaceName: "everything.capnp:Everything",
      methodName: "drop"
    },
    {
      ParamsClass: Everything_EchoAny$Params,
      ResultsClass: Everything_EchoAny$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 12,
      interfaceName: "everything.capnp:Everything",
      methodName: "echoAny"
    },
    {
      ParamsClass: Everything_EchoGeneric$Params,
      ResultsClass: Everything_EchoGeneric$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 13,
      interfaceName: "everything.capnp:Everything",
      methodName: "echoGeneric"
    },
    {
      ParamsClass: ColorBox,
      ResultsClass: ColorBox,
      interfaceId: Everything$Client.interfaceId,
      methodId: 14,
      interfaceName: "everything.capnp:Everything",
      methodName: "echoColor"
    },
    {
      ParamsClass: Everything_OpenStream$Params,
      ResultsClass: Everything_OpenStream$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 15,
      interfaceName: "everything.capnp:Everything",
      methodName: "openStream"
    },
    {
      ParamsClass: Everything_HoldSink$Params,
      ResultsClass: Everything_HoldSink$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 16,
      interfaceName: "everything.capnp:Everything",
      methodName: "holdSink"
    },
    {
      ParamsClass: Everything_ReleaseHeld$Params,
      ResultsClass: Everything_ReleaseHeld$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 17,
      interfaceName: "everything.capnp:Everything",
      methodName: "releaseHeld"
    },
    {
      ParamsClass: Everything_NotThere$Params,
      ResultsClass: Everything_NotThere$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 18,
      interfaceName: "everything.capnp:Everything",
      methodName: "notThere"
    },
    {
      ParamsClass: Everything_EchoSinkLater$Params,
      ResultsClass: Everything_EchoSinkLater$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 19,
      interfaceName: "everything.capnp:Everything",
      methodName: "echoSinkLater"
    },
    {
      ParamsClass: Everything_OpenCounter$Params,
      ResultsClass: Everything_OpenCounter$Results,
      interfaceId: Everything$Client.interfaceId,
      methodId: 20,
      interfaceName: "everything.capnp:Everything",
      methodName: "openCounter"
    }
  ];
  empty(paramsFunc?: (params: Everything_Empty$Params) => void, options?: $.CallOptions): Everything_Empty$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Empty$Results, answer);
    return new Everything_Empty$Results$Promise(pipeline);
  }
  /**
* A new object; `name` is what its whoAmI answers.
*
*/
  echoThing(paramsFunc?: (params: Everything_EchoThing$Params) => void, options?: $.CallOptions): Everything_EchoThing$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_EchoThing$Results, answer);
    return new Everything_EchoThing$Results$Promise(pipeline);
  }
  open(paramsFunc?: (params: Everything_Open$Params) => void, options?: $.CallOptions): Everything_Open$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[2],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Open$Results, answer);
    return new Everything_Open$Results$Promise(pipeline);
  }
  /**
* Calls sink.put(n) `count` times, in order, and answers the last total.
*
*/
  whoAmI(paramsFunc?: (params: Everything_WhoAmI$Params) => void, options?: $.CallOptions): Everything_WhoAmI$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[3],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_WhoAmI$Results, answer);
    return new Everything_WhoAmI$Results$Promise(pipeline);
  }
  /**
* Hands a capability back.
*
*/
  feed(paramsFunc?: (params: Everything_Feed$Params) => void, options?: $.CallOptions): Everything_Feed$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[4],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Feed$Results, answer);
    return new Everything_Feed$Results$Promise(pipeline);
  }
  /**
* Fails with the type of this number (0 failed, 1 overloaded, 2 disconnected, 3 unimplemented).
*
*/
  echoSink(paramsFunc?: (params: Everything_EchoSink$Params) => void, options?: $.CallOptions): Everything_EchoSink$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[5],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_EchoSink$Results, answer);
    return new Everything_EchoSink$Results$Promise(pipeline);
  }
  /**
* Never returns until canceled.
*
*/
  fail(paramsFunc?: (params: Everything_Fail$Params) => void, options?: $.CallOptions): Everything_Fail$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[6],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Fail$Results, answer);
    return new Everything_Fail$Results$Promise(pipeline);
  }
  /**
* Calls of hang that were canceled so far.
*
*/
  hang(paramsFunc?: (params: Everything_Hang$Params) => void, options?: $.CallOptions): Everything_Hang$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[7],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Hang$Results, answer);
    return new Everything_Hang$Results$Promise(pipeline);
  }
  /**
* Keeps a capability, to be called later with poke.
*
*/
  canceledCount(paramsFunc?: (params: Everything_CanceledCount$Params) => void, options?: $.CallOptions): Everything_CanceledCount$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[8],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_CanceledCount$Results, answer);
    return new Everything_CanceledCount$Results$Promise(pipeline);
  }
  keep(paramsFunc?: (params: Everything_Keep$Params) => void, options?: $.CallOptions): Everything_Keep$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[9],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Keep$Results, answer);
    return new Everything_Keep$Results$Promise(pipeline);
  }
  poke(paramsFunc?: (params: Everything_Poke$Params) => void, options?: $.CallOptions): Everything_Poke$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[10],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Poke$Results, answer);
    return new Everything_Poke$Results$Promise(pipeline);
  }
  drop(paramsFunc?: (params: Everything_Drop$Params) => void, options?: $.CallOptions): Everything_Drop$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[11],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_Drop$Results, answer);
    return new Everything_Drop$Results$Promise(pipeline);
  }
  echoAny(paramsFunc?: (params: Everything_EchoAny$Params) => void, options?: $.CallOptions): Everything_EchoAny$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[12],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_EchoAny$Results, answer);
    return new Everything_EchoAny$Results$Promise(pipeline);
  }
  echoGeneric(paramsFunc?: (params: Everything_EchoGeneric$Params) => void, options?: $.CallOptions): Everything_EchoGeneric$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[13],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_EchoGeneric$Results, answer);
    return new Everything_EchoGeneric$Results$Promise(pipeline);
  }
  echoColor(paramsFunc?: (params: ColorBox) => void, options?: $.CallOptions): ColorBox$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[14],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(ColorBox, answer);
    return new ColorBox$Promise(pipeline);
  }
  /**
* A promise of a capability that resolves to `sink` once release is called.
*
*/
  openStream(paramsFunc?: (params: Everything_OpenStream$Params) => void, options?: $.CallOptions): Everything_OpenStream$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[15],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_OpenStream$Results, answer);
    return new Everything_OpenStream$Results$Promise(pipeline);
  }
  holdSink(paramsFunc?: (params: Everything_HoldSink$Params) => void, options?: $.CallOptions): Everything_HoldSink$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[16],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_HoldSink$Results, answer);
    return new Everything_HoldSink$Results$Promise(pipeline);
  }
  /**
* Calls a method this side does not know of.
*
*/
  releaseHeld(paramsFunc?: (params: Everything_ReleaseHeld$Params) => void, options?: $.CallOptions): Everything_ReleaseHeld$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[17],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_ReleaseHeld$Results, answer);
    return new Everything_ReleaseHeld$Results$Promise(pipeline);
  }
  /**
* Answers after a callback to the caller, so that both directions are busy.
*
*/
  notThere(paramsFunc?: (params: Everything_NotThere$Params) => void, options?: $.CallOptions): Everything_NotThere$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[18],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_NotThere$Results, answer);
    return new Everything_NotThere$Results$Promise(pipeline);
  }
  /**
* An object with methods of its own and of two parents.
*
*/
  echoSinkLater(paramsFunc?: (params: Everything_EchoSinkLater$Params) => void, options?: $.CallOptions): Everything_EchoSinkLater$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[19],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_EchoSinkLater$Results, answer);
    return new Everything_EchoSinkLater$Results$Promise(pipeline);
  }
  openCounter(paramsFunc?: (params: Everything_OpenCounter$Params) => void, options?: $.CallOptions): Everything_OpenCounter$Results$Promise {
    const answer = this.client.call({
      method: Everything$Client.methods[20],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Everything_OpenCounter$Results, answer);
    return new Everything_OpenCounter$Results$Promise(pipeline);
  }
}
export interface Everything$Server$Target extends Partial<Disposable> {
  empty(params: Everything_Empty$Params, results: Everything_Empty$Results, context: $.CallContext): Promise<void> | void;
  echoThing(params: Everything_EchoThing$Params, results: Everything_EchoThing$Results, context: $.CallContext): Promise<void> | void;
  open(params: Everything_Open$Params, results: Everything_Open$Results, context: $.CallContext): Promise<void> | void;
  whoAmI(params: Everything_WhoAmI$Params, results: Everything_WhoAmI$Results, context: $.CallContext): Promise<void> | void;
  feed(params: Everything_Feed$Params, results: Everything_Feed$Results, context: $.CallContext): Promise<void> | void;
  echoSink(params: Everything_EchoSink$Params, results: Everything_EchoSink$Results, context: $.CallContext): Promise<void> | void;
  fail(params: Everything_Fail$Params, results: Everything_Fail$Results, context: $.CallContext): Promise<void> | void;
  hang(params: Everything_Hang$Params, results: Everything_Hang$Results, context: $.CallContext): Promise<void> | void;
  canceledCount(params: Everything_CanceledCount$Params, results: Everything_CanceledCount$Results, context: $.CallContext): Promise<void> | void;
  keep(params: Everything_Keep$Params, results: Everything_Keep$Results, context: $.CallContext): Promise<void> | void;
  poke(params: Everything_Poke$Params, results: Everything_Poke$Results, context: $.CallContext): Promise<void> | void;
  drop(params: Everything_Drop$Params, results: Everything_Drop$Results, context: $.CallContext): Promise<void> | void;
  echoAny(params: Everything_EchoAny$Params, results: Everything_EchoAny$Results, context: $.CallContext): Promise<void> | void;
  echoGeneric(params: Everything_EchoGeneric$Params, results: Everything_EchoGeneric$Results, context: $.CallContext): Promise<void> | void;
  echoColor(params: ColorBox, results: ColorBox, context: $.CallContext): Promise<void> | void;
  openStream(params: Everything_OpenStream$Params, results: Everything_OpenStream$Results, context: $.CallContext): Promise<void> | void;
  holdSink(params: Everything_HoldSink$Params, results: Everything_HoldSink$Results, context: $.CallContext): Promise<void> | void;
  releaseHeld(params: Everything_ReleaseHeld$Params, results: Everything_ReleaseHeld$Results, context: $.CallContext): Promise<void> | void;
  notThere(params: Everything_NotThere$Params, results: Everything_NotThere$Results, context: $.CallContext): Promise<void> | void;
  echoSinkLater(params: Everything_EchoSinkLater$Params, results: Everything_EchoSinkLater$Results, context: $.CallContext): Promise<void> | void;
  openCounter(params: Everything_OpenCounter$Params, results: Everything_OpenCounter$Results, context: $.CallContext): Promise<void> | void;
}
export class Everything$Server extends $.Server {
  constructor(target: Everything$Server$Target) {
    super(target, [
      {
        ...Everything$Client.methods[0],
        impl: target.empty
      },
      {
        ...Everything$Client.methods[1],
        impl: target.echoThing
      },
      {
        ...Everything$Client.methods[2],
        impl: target.open
      },
      {
        ...Everything$Client.methods[3],
        impl: target.whoAmI
      },
      {
        ...Everything$Client.methods[4],
        impl: target.feed
      },
      {
        ...Everything$Client.methods[5],
        impl: target.echoSink
      },
      {
        ...Everything$Client.methods[6],
        impl: target.fail
      },
      {
        ...Everything$Client.methods[7],
        impl: target.hang
      },
      {
        ...Everything$Client.methods[8],
        impl: target.canceledCount
      },
      {
        ...Everything$Client.methods[9],
        impl: target.keep
      },
      {
        ...Everything$Client.methods[10],
        impl: target.poke
      },
      {
        ...Everything$Client.methods[11],
        impl: target.drop
      },
      {
        ...Everything$Client.methods[12],
        impl: target.echoAny
      },
      {
        ...Everything$Client.methods[13],
        impl: target.echoGeneric
      },
      {
        ...Everything$Client.methods[14],
        impl: target.echoColor
      },
      {
        ...Everything$Client.methods[15],
        impl: target.openStream
      },
      {
        ...Everything$Client.methods[16],
        impl: target.holdSink
      },
      {
        ...Everything$Client.methods[17],
        impl: target.releaseHeld
      },
      {
        ...Everything$Client.methods[18],
        impl: target.notThere
      },
      {
        ...Everything$Client.methods[19],
        impl: target.echoSinkLater
      },
      {
        ...Everything$Client.methods[20],
        impl: target.openCounter
      }
    ]);
  }
  client(): Everything$Client {
    return new Everything$Client(this);
  }
}
export class Everything extends $.Interface {
  static readonly Client = Everything$Client;
  static readonly Server = Everything$Server;
  static readonly _capnp = {
    displayName: "Everything",
    id: "f2a0ac38f883c786",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Everything_" + super.toString(); }
}
export class Stranger_Nobody$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "nobody$Params",
    id: "f2c3913f531c7ae2",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Stranger_Nobody$Params_" + super.toString(); }
}
export class Stranger_Nobody$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "nobody$Results",
    id: "c02391a4dabe55cd",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Stranger_Nobody$Results_" + super.toString(); }
}
export class Stranger_Nobody$Results$Promise {
  pipeline: $.Pipeline<Stranger_Nobody$Results>;
  constructor(pipeline: $.Pipeline<Stranger_Nobody$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Stranger_Nobody$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Stranger$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xd823eb4ebe974fa2n;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** Gives up this reference. */
  close(): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Stranger$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Stranger_Nobody$Params, Stranger_Nobody$Results>
  ] = [
    {
      ParamsClass: Stranger_Nobody$Params,
      ResultsClass: Stranger_Nobody$Results,
      interfaceId: Stranger$Client.interfaceId,
      methodId: 0,
      interfaceName: "everything.capnp:Stranger",
      methodName: "nobody"
    }
  ];
  nobody(paramsFunc?: (params: Stranger_Nobody$Params) => void, options?: $.CallOptions): Stranger_Nobody$Results$Promise {
    const answer = this.client.call({
      method: Stranger$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Stranger_Nobody$Results, answer);
    return new Stranger_Nobody$Results$Promise(pipeline);
  }
}
export interface Stranger$Server$Target extends Partial<Disposable> {
  nobody(params: Stranger_Nobody$Params, results: Stranger_Nobody$Results, context: $.CallContext): Promise<void> | void;
}
export class Stranger$Server extends $.Server {
  constructor(target: Stranger$Server$Target) {
    super(target, [
      {
        ...Stranger$Client.methods[0],
        impl: target.nobody
      }
    ]);
  }
  client(): Stranger$Client {
    return new Stranger$Client(this);
  }
}
export class Stranger extends $.Interface {
  static readonly Client = Stranger$Client;
  static readonly Server = Stranger$Server;
  static readonly _capnp = {
    displayName: "Stranger",
    id: "d823eb4ebe974fa2",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Stranger_" + super.toString(); }
}
Thing._Inners = $.CompositeList(Inner);
Thing._Nested = $.PointerList($.TextList);
export const answerToAll = 42;
export const greeting = "hello";
