// Generated from shop.capnp by scripts/capnp-generate.cjs; do not edit.
import * as $ from "../../capnp/runtime.ts";
import { Level, Money } from "./common.ts";
export const _capnpFileId = 0x9eb32e19f86ee174n;
export class Point extends $.Struct {
  static readonly _capnp = {
    displayName: "Point",
    id: "86b0d0b2000becd7",
    size: new $.ObjectSize(8, 0),
  };
  get x(): number {
    return $.utils.getInt32(0, this);
  }
  set x(value: number) {
    $.utils.setInt32(0, value, this, 0, "x");
  }
  get y(): number {
    return $.utils.getInt32(4, this);
  }
  set y(value: number) {
    $.utils.setInt32(4, value, this, 0, "y");
  }
  override toString(): string { return "Point_" + super.toString(); }
}
export class Map_Entry extends $.Struct {
  static readonly _capnp = {
    displayName: "Entry",
    id: "c0d4342a0911ae6b",
    size: new $.ObjectSize(0, 2),
  };
  get key(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasKey(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set key(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get value(): $.Pointer {
    return $.utils.getPointer(1, this);
  }
  _hasValue(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  set value(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Map_Entry_" + super.toString(); }
}
export class Map extends $.Struct {
  static readonly Entry = Map_Entry;
  static readonly _capnp = {
    displayName: "Map",
    id: "f903b7c84ffb532a",
    size: new $.ObjectSize(0, 1),
  };
  static _Entries: $.ListCtor<Map_Entry>;
  get entries(): $.List<Map_Entry> {
    return $.utils.getList(0, Map._Entries, this);
  }
  _hasEntries(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initEntries(length: number): $.List<Map_Entry> {
    return $.utils.initList(0, Map._Entries, length, this);
  }
  set entries(value: $.List<Map_Entry>) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Map_" + super.toString(); }
}
export const Item_Shape = {
  ROUND: 0,
  FLAT: 1
} as const;
export type Item_Shape = (typeof Item_Shape)[keyof typeof Item_Shape] | $.UnknownMember;
export class Item_Food extends $.Struct {
  static readonly _capnp = {
    displayName: "Food",
    id: "f3ca2bce1585de5f",
    size: new $.ObjectSize(8, 1),
  };
  get kcal(): number {
    return $.utils.getFloat32(0, this);
  }
  set kcal(value: number) {
    $.utils.setFloat32(0, value, this);
  }
  get tags(): $.List<string> {
    return $.utils.getList(0, $.TextList, this);
  }
  _hasTags(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initTags(length: number): $.List<string> {
    return $.utils.initList(0, $.TextList, length, this);
  }
  set tags(value: $.List<string>) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Item_Food_" + super.toString(); }
}
export class Item_Kind_Book extends $.Struct {
  static readonly _capnp = {
    displayName: "book",
    id: "ba250946fca5e2cb",
    size: new $.ObjectSize(16, 15),
  };
  get pages(): number {
    return $.utils.getUint16(6, this);
  }
  set pages(value: number) {
    $.utils.setUint16(6, value, this, 0, "pages");
  }
  get isbn(): string {
    return $.utils.getText(1, this);
  }
  set isbn(value: string) {
    $.utils.setText(1, value, this);
  }
  override toString(): string { return "Item_Kind_Book_" + super.toString(); }
}
export const Item_Kind_Which = {
  BOOK: 0,
  FOOD: 1,
  OTHER: 2
} as const;
export type Item_Kind_Which = (typeof Item_Kind_Which)[keyof typeof Item_Kind_Which] | $.UnknownMember;
export class Item_Kind extends $.Struct {
  static readonly BOOK = Item_Kind_Which.BOOK;
  static readonly FOOD = Item_Kind_Which.FOOD;
  static readonly OTHER = Item_Kind_Which.OTHER;
  static readonly _capnp = {
    displayName: "kind",
    id: "b3f39bb3cd0b52c2",
    size: new $.ObjectSize(16, 15),
  };
  get book(): Item_Kind_Book {
    $.utils.testWhich("book", $.utils.getUint16(8, this), 0, this);
    return $.utils.getAs(Item_Kind_Book, this);
  }
  _initBook(): Item_Kind_Book {
    $.utils.setUint16(8, 0, this);
    return $.utils.getAs(Item_Kind_Book, this);
  }
  get _isBook(): boolean {
    return $.utils.getUint16(8, this) === 0;
  }
  set book(_: true) {
    $.utils.setUint16(8, 0, this);
  }
  get food(): Item_Food {
    $.utils.testWhich("food", $.utils.getUint16(8, this), 1, this);
    return $.utils.getStruct(1, Item_Food, this);
  }
  _hasFood(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initFood(): Item_Food {
    $.utils.setUint16(8, 1, this);
    return $.utils.initStructAt(1, Item_Food, this);
  }
  get _isFood(): boolean {
    return $.utils.getUint16(8, this) === 1;
  }
  set food(value: Item_Food) {
    $.utils.setUint16(8, 1, this);
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get _isOther(): boolean {
    return $.utils.getUint16(8, this) === 2;
  }
  set other(_: true) {
    $.utils.setUint16(8, 2, this);
  }
  override toString(): string { return "Item_Kind_" + super.toString(); }
  which(): Item_Kind_Which {
    return $.utils.getUint16(8, this) as Item_Kind_Which;
  }
}
export class Item extends $.Struct {
  static readonly Shape = Item_Shape;
  static readonly Food = Item_Food;
  static readonly _capnp = {
    displayName: "Item",
    id: "e861babd1a1a830d",
    size: new $.ObjectSize(16, 15),
    defaultLevel: $.getUint16Mask(1),
    defaultPoints: $.readRawPointer(new Uint8Array([16, 4, 17, 1, 23, 17, 8, 1, 1, 1, 16, 2]).buffer),
    defaultDefault: $.getInt8Mask(-1)
  };
  static _Matrix: $.ListCtor<$.List<number>>;
  static _Points: $.ListCtor<Point>;
  get id(): number {
    return $.utils.getUint32(0, this);
  }
  set id(value: number) {
    $.utils.setUint32(0, value, this, 0, "id");
  }
  get price(): Money {
    return $.utils.getStruct(0, Money, this);
  }
  _hasPrice(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initPrice(): Money {
    return $.utils.initStructAt(0, Money, this);
  }
  set price(value: Money) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get level(): Level {
    return $.utils.getUint16(4, this, Item._capnp.defaultLevel) as Level;
  }
  set level(value: Level) {
    $.utils.setUint16(4, value, this, Item._capnp.defaultLevel, "level");
  }
  get kind(): Item_Kind {
    return $.utils.getAs(Item_Kind, this);
  }
  _initKind(): Item_Kind {
    return $.utils.getAs(Item_Kind, this);
  }
  get shape(): Item_Shape {
    return $.utils.getUint16(10, this) as Item_Shape;
  }
  set shape(value: Item_Shape) {
    $.utils.setUint16(10, value, this, 0, "shape");
  }
  get matrix(): $.List<$.List<number>> {
    return $.utils.getList(2, Item._Matrix, this);
  }
  _hasMatrix(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initMatrix(length: number): $.List<$.List<number>> {
    return $.utils.initList(2, Item._Matrix, length, this);
  }
  set matrix(value: $.List<$.List<number>>) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get attrs(): Map {
    return $.utils.getStruct(3, Map, this);
  }
  _hasAttrs(): boolean {
    return !$.utils.isNull($.utils.getPointer(3, this));
  }
  _initAttrs(): Map {
    return $.utils.initStructAt(3, Map, this);
  }
  set attrs(value: Map) {
    $.utils.copyFrom(value, $.utils.getPointer(3, this));
  }
  get $constructor(): string {
    return $.utils.getText(4, this);
  }
  set $constructor(value: string) {
    $.utils.setText(4, value, this);
  }
  get message(): string {
    return $.utils.getText(5, this);
  }
  set message(value: string) {
    $.utils.setText(5, value, this);
  }
  get segment(): number {
    return $.utils.getUint8(12, this);
  }
  set segment(value: number) {
    $.utils.setUint8(12, value, this, 0, "segment");
  }
  get points(): $.List<Point> {
    return $.utils.getList(6, Item._Points, this, Item._capnp.defaultPoints);
  }
  _hasPoints(): boolean {
    return !$.utils.isNull($.utils.getPointer(6, this));
  }
  _initPoints(length: number): $.List<Point> {
    return $.utils.initList(6, Item._Points, length, this);
  }
  set points(value: $.List<Point>) {
    $.utils.copyFrom(value, $.utils.getPointer(6, this));
  }
  get self(): Item {
    return $.utils.getStruct(7, Item, this);
  }
  _hasSelf(): boolean {
    return !$.utils.isNull($.utils.getPointer(7, this));
  }
  _initSelf(): Item {
    return $.utils.initStructAt(7, Item, this);
  }
  set self(value: Item) {
    $.utils.copyFrom(value, $.utils.getPointer(7, this));
  }
  get flags(): $.List<boolean> {
    return $.utils.getList(8, $.BoolList, this);
  }
  _hasFlags(): boolean {
    return !$.utils.isNull($.utils.getPointer(8, this));
  }
  _initFlags(length: number): $.List<boolean> {
    return $.utils.initList(8, $.BoolList, length, this);
  }
  set flags(value: $.List<boolean>) {
    $.utils.copyFrom(value, $.utils.getPointer(8, this));
  }
  get any(): $.Pointer {
    return $.utils.getPointer(9, this);
  }
  _hasAny(): boolean {
    return !$.utils.isNull($.utils.getPointer(9, this));
  }
  set any(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(9, this));
  }
  get anyStruct(): $.Pointer {
    return $.utils.getPointer(10, this);
  }
  _hasAnyStruct(): boolean {
    return !$.utils.isNull($.utils.getPointer(10, this));
  }
  set anyStruct(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(10, this));
  }
  get anyList(): $.Pointer {
    return $.utils.getPointer(11, this);
  }
  _hasAnyList(): boolean {
    return !$.utils.isNull($.utils.getPointer(11, this));
  }
  set anyList(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(11, this));
  }
  get cap(): $.Pointer {
    return $.utils.getPointer(12, this);
  }
  _hasCap(): boolean {
    return !$.utils.isNull($.utils.getPointer(12, this));
  }
  set cap(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(12, this));
  }
  get class(): string {
    return $.utils.getText(13, this);
  }
  set class(value: string) {
    $.utils.setText(13, value, this);
  }
  get default(): number {
    return $.utils.getInt8(13, this, Item._capnp.defaultDefault);
  }
  set default(value: number) {
    $.utils.setInt8(13, value, this, Item._capnp.defaultDefault, "default");
  }
  get $toString(): string {
    return $.utils.getText(14, this);
  }
  set $toString(value: string) {
    $.utils.setText(14, value, this);
  }
  override toString(): string { return "Item_" + super.toString(); }
}
export const Shop_Filter_Which = {
  ALL: 0,
  LEVEL: 1,
  TEXT: 2
} as const;
export type Shop_Filter_Which = (typeof Shop_Filter_Which)[keyof typeof Shop_Filter_Which] | $.UnknownMember;
export class Shop_Filter extends $.Struct {
  static readonly ALL = Shop_Filter_Which.ALL;
  static readonly LEVEL = Shop_Filter_Which.LEVEL;
  static readonly TEXT = Shop_Filter_Which.TEXT;
  static readonly _capnp = {
    displayName: "Filter",
    id: "98f010fdb6e42452",
    size: new $.ObjectSize(8, 1),
  };
  get _isAll(): boolean {
    return $.utils.getUint16(0, this) === 0;
  }
  set all(_: true) {
    $.utils.setUint16(0, 0, this);
  }
  get level(): Level {
    $.utils.testWhich("level", $.utils.getUint16(0, this), 1, this);
    return $.utils.getUint16(2, this) as Level;
  }
  get _isLevel(): boolean {
    return $.utils.getUint16(0, this) === 1;
  }
  set level(value: Level) {
    $.utils.setUint16(2, value, this, 0, "level");
    $.utils.setUint16(0, 1, this);
  }
  get text(): string {
    $.utils.testWhich("text", $.utils.getUint16(0, this), 2, this);
    return $.utils.getText(0, this);
  }
  get _isText(): boolean {
    return $.utils.getUint16(0, this) === 2;
  }
  set text(value: string) {
    $.utils.setUint16(0, 2, this);
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Shop_Filter_" + super.toString(); }
  which(): Shop_Filter_Which {
    return $.utils.getUint16(0, this) as Shop_Filter_Which;
  }
}
export class Shop_Receipt extends $.Struct {
  static readonly _capnp = {
    displayName: "Receipt",
    id: "c226ad37f314b797",
    size: new $.ObjectSize(0, 3),
  };
  get id(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasId(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initId(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set id(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get total(): Money {
    return $.utils.getStruct(1, Money, this);
  }
  _hasTotal(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initTotal(): Money {
    return $.utils.initStructAt(1, Money, this);
  }
  set total(value: Money) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get shop(): Shop$Client {
    return new Shop$Client($.utils.getCapability(2, this));
  }
  _hasShop(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  set shop(value: Shop$Client) {
    $.utils.setCapability(2, value, this);
  }
  override toString(): string { return "Shop_Receipt_" + super.toString(); }
}
export class Shop_Handle_Cancel$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "cancel$Params",
    id: "fd95bc5e59525dd8",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Handle_Cancel$Params_" + super.toString(); }
}
export class Shop_Handle_Cancel$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "cancel$Results",
    id: "e96df978ef0019c1",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Handle_Cancel$Results_" + super.toString(); }
}
export class Shop_Handle_Cancel$Results$Promise {
  pipeline: $.Pipeline<Shop_Handle_Cancel$Results>;
  constructor(pipeline: $.Pipeline<Shop_Handle_Cancel$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Shop_Handle_Cancel$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Handle$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xac240dfe306064d4n;
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
  dup(): Shop_Handle$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Shop_Handle_Cancel$Params, Shop_Handle_Cancel$Results>
  ] = [
    {
      ParamsClass: Shop_Handle_Cancel$Params,
      ResultsClass: Shop_Handle_Cancel$Results,
      interfaceId: Shop_Handle$Client.interfaceId,
      methodId: 0,
      interfaceName: "shop.capnp:Shop.Handle",
      methodName: "cancel"
    }
  ];
  cancel(paramsFunc?: (params: Shop_Handle_Cancel$Params) => void, options?: $.CallOptions): Shop_Handle_Cancel$Results$Promise {
    const answer = this.client.call({
      method: Shop_Handle$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Handle_Cancel$Results, answer);
    return new Shop_Handle_Cancel$Results$Promise(pipeline);
  }
}
export interface Shop_Handle$Server$Target extends Partial<Disposable> {
  cancel(params: Shop_Handle_Cancel$Params, results: Shop_Handle_Cancel$Results, context: $.CallContext): Promise<void> | void;
}
export class Shop_Handle$Server extends $.Server {
  constructor(target: Shop_Handle$Server$Target) {
    super(target, [
      {
        ...Shop_Handle$Client.methods[0],
        impl: target.cancel
      }
    ]);
  }
  client(): Shop_Handle$Client {
    return new Shop_Handle$Client(this);
  }
}
export class Shop_Handle extends $.Interface {
  static readonly Client = Shop_Handle$Client;
  static readonly Server = Shop_Handle$Server;
  static readonly _capnp = {
    displayName: "Handle",
    id: "ac240dfe306064d4",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Handle_" + super.toString(); }
}
export class Shop_Observer_Seen$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "seen$Params",
    id: "933a6e246f00315a",
    size: new $.ObjectSize(0, 1),
  };
  get what(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasWhat(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set what(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Shop_Observer_Seen$Params_" + super.toString(); }
}
export class StreamResult extends $.Struct {
  static readonly _capnp = {
    displayName: "StreamResult",
    id: "995f9a3377c0b16e",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "StreamResult_" + super.toString(); }
}
export class Shop_Observer_Done$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "done$Params",
    id: "ccd121c3d9642cd4",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Observer_Done$Params_" + super.toString(); }
}
export class Shop_Observer_Done$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "done$Results",
    id: "80f5653af974dc27",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Observer_Done$Results_" + super.toString(); }
}
export class Shop_Observer_Done$Results$Promise {
  pipeline: $.Pipeline<Shop_Observer_Done$Results>;
  constructor(pipeline: $.Pipeline<Shop_Observer_Done$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Shop_Observer_Done$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Observer$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xdf26942962768fc3n;
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
  dup(): Shop_Observer$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Shop_Observer_Seen$Params, StreamResult>,
    $.Method<Shop_Observer_Done$Params, Shop_Observer_Done$Results>
  ] = [
    {
      ParamsClass: Shop_Observer_Seen$Params,
      ResultsClass: StreamResult,
      interfaceId: Shop_Observer$Client.interfaceId,
      methodId: 0,
      interfaceName: "shop.capnp:Shop.Observer",
      methodName: "seen"
    },
    {
      ParamsClass: Shop_Observer_Done$Params,
      ResultsClass: Shop_Observer_Done$Results,
      interfaceId: Shop_Observer$Client.interfaceId,
      methodId: 1,
      interfaceName: "shop.capnp:Shop.Observer",
      methodName: "done"
    }
  ];
  /** Resolves when the next one may be sent. */
  seen(paramsFunc?: (params: Shop_Observer_Seen$Params) => void, options?: $.CallOptions): Promise<void> {
    return $.callStream(this.client, { method: Shop_Observer$Client.methods[0], paramsFunc, options });
  }
  done(paramsFunc?: (params: Shop_Observer_Done$Params) => void, options?: $.CallOptions): Shop_Observer_Done$Results$Promise {
    const answer = this.client.call({
      method: Shop_Observer$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Observer_Done$Results, answer);
    return new Shop_Observer_Done$Results$Promise(pipeline);
  }
}
export interface Shop_Observer$Server$Target extends Partial<Disposable> {
  seen(params: Shop_Observer_Seen$Params, results: StreamResult, context: $.CallContext): Promise<void> | void;
  done(params: Shop_Observer_Done$Params, results: Shop_Observer_Done$Results, context: $.CallContext): Promise<void> | void;
}
export class Shop_Observer$Server extends $.Server {
  constructor(target: Shop_Observer$Server$Target) {
    super(target, [
      {
        ...Shop_Observer$Client.methods[0],
        impl: target.seen
      },
      {
        ...Shop_Observer$Client.methods[1],
        impl: target.done
      }
    ]);
  }
  client(): Shop_Observer$Client {
    return new Shop_Observer$Client(this);
  }
}
export class Shop_Observer extends $.Interface {
  static readonly Client = Shop_Observer$Client;
  static readonly Server = Shop_Observer$Server;
  static readonly _capnp = {
    displayName: "Observer",
    id: "df26942962768fc3",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Observer_" + super.toString(); }
}
export class Shop_List$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "list$Params",
    id: "f1307eca3ef9e93f",
    size: new $.ObjectSize(8, 1),
    defaultFirst: $.getUint32Mask(10)
  };
  get first(): number {
    return $.utils.getUint32(0, this, Shop_List$Params._capnp.defaultFirst);
  }
  set first(value: number) {
    $.utils.setUint32(0, value, this, Shop_List$Params._capnp.defaultFirst, "first");
  }
  get filter(): Shop_Filter {
    return $.utils.getStruct(0, Shop_Filter, this);
  }
  _hasFilter(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initFilter(): Shop_Filter {
    return $.utils.initStructAt(0, Shop_Filter, this);
  }
  set filter(value: Shop_Filter) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Shop_List$Params_" + super.toString(); }
}
export class Shop_List$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "list$Results",
    id: "b140551d969de4c7",
    size: new $.ObjectSize(8, 1),
  };
  static _Items: $.ListCtor<Item>;
  get items(): $.List<Item> {
    return $.utils.getList(0, Shop_List$Results._Items, this);
  }
  _hasItems(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initItems(length: number): $.List<Item> {
    return $.utils.initList(0, Shop_List$Results._Items, length, this);
  }
  set items(value: $.List<Item>) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get more(): boolean {
    return $.utils.getBit(0, this);
  }
  set more(value: boolean) {
    $.utils.setBit(0, value, this);
  }
  override toString(): string { return "Shop_List$Results_" + super.toString(); }
}
export class Shop_List$Results$Promise {
  pipeline: $.Pipeline<Shop_List$Results>;
  constructor(pipeline: $.Pipeline<Shop_List$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Shop_List$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Receipt$Promise {
  pipeline: $.Pipeline<Shop_Receipt>;
  constructor(pipeline: $.Pipeline<Shop_Receipt>) {
    this.pipeline = pipeline;
  }
  getShop(): Shop$Client {
    return new Shop$Client(this.pipeline.getPipeline(Shop, 2).client());
  }
  async promise(): Promise<Shop_Receipt> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Watch$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "watch$Params",
    id: "a9ce273412cb0829",
    size: new $.ObjectSize(0, 1),
  };
  get observer(): Shop_Observer$Client {
    return new Shop_Observer$Client($.utils.getCapability(0, this));
  }
  _hasObserver(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set observer(value: Shop_Observer$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Shop_Watch$Params_" + super.toString(); }
}
export class Shop_Watch$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "watch$Results",
    id: "848eac8e5471ab20",
    size: new $.ObjectSize(0, 1),
  };
  get handle(): Shop_Handle$Client {
    return new Shop_Handle$Client($.utils.getCapability(0, this));
  }
  _hasHandle(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set handle(value: Shop_Handle$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Shop_Watch$Results_" + super.toString(); }
}
export class Shop_Watch$Results$Promise {
  pipeline: $.Pipeline<Shop_Watch$Results>;
  constructor(pipeline: $.Pipeline<Shop_Watch$Results>) {
    this.pipeline = pipeline;
  }
  getHandle(): Shop_Handle$Client {
    return new Shop_Handle$Client(this.pipeline.getPipeline(Shop_Handle, 0).client());
  }
  async promise(): Promise<Shop_Watch$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Basket$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "basket$Params",
    id: "cb080af177495ccd",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Basket$Params_" + super.toString(); }
}
export class Shop_Basket$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "basket$Results",
    id: "90313798f0e39337",
    size: new $.ObjectSize(0, 1),
  };
  get basket(): Basket$Client {
    return new Basket$Client($.utils.getCapability(0, this));
  }
  _hasBasket(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set basket(value: Basket$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Shop_Basket$Results_" + super.toString(); }
}
export class Shop_Basket$Results$Promise {
  pipeline: $.Pipeline<Shop_Basket$Results>;
  constructor(pipeline: $.Pipeline<Shop_Basket$Results>) {
    this.pipeline = pipeline;
  }
  getBasket(): Basket$Client {
    return new Basket$Client(this.pipeline.getPipeline(Basket, 0).client());
  }
  async promise(): Promise<Shop_Basket$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Close$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "close$Params",
    id: "83a0d312d9b8adb3",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Close$Params_" + super.toString(); }
}
export class Shop_Close$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "close$Results",
    id: "83c42dff7b82a4f0",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_Close$Results_" + super.toString(); }
}
export class Shop_Close$Results$Promise {
  pipeline: $.Pipeline<Shop_Close$Results>;
  constructor(pipeline: $.Pipeline<Shop_Close$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Shop_Close$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Call$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "call$Params",
    id: "ba3502c668730ab8",
    size: new $.ObjectSize(0, 1),
  };
  get client(): string {
    return $.utils.getText(0, this);
  }
  set client(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Shop_Call$Params_" + super.toString(); }
}
export class Shop_Call$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "call$Results",
    id: "d182124a58c61910",
    size: new $.ObjectSize(0, 1),
  };
  get target(): string {
    return $.utils.getText(0, this);
  }
  set target(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Shop_Call$Results_" + super.toString(); }
}
export class Shop_Call$Results$Promise {
  pipeline: $.Pipeline<Shop_Call$Results>;
  constructor(pipeline: $.Pipeline<Shop_Call$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Shop_Call$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Shop_Put$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "put$Params",
    id: "d148e7197dd336ba",
    size: new $.ObjectSize(0, 2),
  };
  get key(): string {
    return $.utils.getText(0, this);
  }
  set key(value: string) {
    $.utils.setText(0, value, this);
  }
  get value(): $.Pointer {
    return $.utils.getPointer(1, this);
  }
  _hasValue(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  set value(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Shop_Put$Params_" + super.toString(); }
}
export class Shop_Put$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "put$Results",
    id: "c945288db89be032",
    size: new $.ObjectSize(0, 1),
  };
  get old(): $.Pointer {
    return $.utils.getPointer(0, this);
  }
  _hasOld(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set old(value: $.AnyValue) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Shop_Put$Results_" + super.toString(); }
}
export class Shop_Put$Results$Promise {
  pipeline: $.Pipeline<Shop_Put$Results>;
  constructor(pipeline: $.Pipeline<Shop_Put$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Shop_Put$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
  /** What will be in `old`, as a capability of this interface. */
  getOld<C extends $.ClientHolder>(of: $.InterfaceClass<C>): C {
    return this.pipeline.clientAt(0, of);
  }
}
export class Shop$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0x9e1295e1e79d4106n;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Shop$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Shop_List$Params, Shop_List$Results>,
    $.Method<Item, Shop_Receipt>,
    $.Method<Shop_Watch$Params, Shop_Watch$Results>,
    $.Method<Shop_Basket$Params, Shop_Basket$Results>,
    $.Method<Shop_Close$Params, Shop_Close$Results>,
    $.Method<Shop_Call$Params, Shop_Call$Results>,
    $.Method<Shop_Put$Params, Shop_Put$Results>
  ] = [
    {
      ParamsClass: Shop_List$Params,
      ResultsClass: Shop_List$Results,
      interfaceId: Shop$Client.interfaceId,
      methodId: 0,
      interfaceName: "shop.capnp:Shop",
      methodName: "list"
    },
    {
      ParamsClass: Item,
      ResultsClass: Shop_Receipt,
      interfaceId: Shop$Client.interfaceId,
      methodId: 1,
      interfaceName: "shop.capnp:Shop",
      methodName: "order"
    },
    {
      ParamsClass: Shop_Watch$Params,
      ResultsClass: Shop_Watch$Results,
      interfaceId: Shop$Client.interfaceId,
      methodId: 2,
      interfaceName: "shop.capnp:Shop",
      methodName: "watch"
    },
    {
      ParamsClass: Shop_Basket$Params,
      ResultsClass: Shop_Basket$Results,
      interfaceId: Shop$Client.interfaceId,
      methodId: 3,
      interfaceName: "shop.capnp:Shop",
      methodName: "basket"
    },
    {
      ParamsClass: Shop_Close$Params,
      ResultsClass: Shop_Close$Results,
      interfaceId: Shop$Client.interfaceId,
      methodId: 4,
      interfaceName: "shop.capnp:Shop",
      methodName: "close"
    },
    {
      ParamsClass: Shop_Call$Params,
      ResultsClass: Shop_Call$Results,
      interfaceId: Shop$Client.interfaceId,
      methodId: 5,
      interfaceName: "shop.capnp:Shop",
      methodName: "call"
    },
    {
      ParamsClass: Shop_Put$Params,
      ResultsClass: Shop_Put$Results,
      interfaceId: Shop$Client.interfaceId,
      methodId: 6,
      interfaceName: "shop.capnp:Shop",
      methodName: "put"
    }
  ];
  list(paramsFunc?: (params: Shop_List$Params) => void, options?: $.CallOptions): Shop_List$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_List$Results, answer);
    return new Shop_List$Results$Promise(pipeline);
  }
  order(paramsFunc?: (params: Item) => void, options?: $.CallOptions): Shop_Receipt$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Receipt, answer);
    return new Shop_Receipt$Promise(pipeline);
  }
  watch(paramsFunc?: (params: Shop_Watch$Params) => void, options?: $.CallOptions): Shop_Watch$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[2],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Watch$Results, answer);
    return new Shop_Watch$Results$Promise(pipeline);
  }
  basket(paramsFunc?: (params: Shop_Basket$Params) => void, options?: $.CallOptions): Shop_Basket$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[3],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Basket$Results, answer);
    return new Shop_Basket$Results$Promise(pipeline);
  }
  close(paramsFunc?: (params: Shop_Close$Params) => void, options?: $.CallOptions): Shop_Close$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[4],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Close$Results, answer);
    return new Shop_Close$Results$Promise(pipeline);
  }
  call(paramsFunc?: (params: Shop_Call$Params) => void, options?: $.CallOptions): Shop_Call$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[5],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Call$Results, answer);
    return new Shop_Call$Results$Promise(pipeline);
  }
  put(paramsFunc?: (params: Shop_Put$Params) => void, options?: $.CallOptions): Shop_Put$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[6],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Put$Results, answer);
    return new Shop_Put$Results$Promise(pipeline);
  }
}
export interface Shop$Server$Target extends Partial<Disposable> {
  list(params: Shop_List$Params, results: Shop_List$Results, context: $.CallContext): Promise<void> | void;
  order(params: Item, results: Shop_Receipt, context: $.CallContext): Promise<void> | void;
  watch(params: Shop_Watch$Params, results: Shop_Watch$Results, context: $.CallContext): Promise<void> | void;
  basket(params: Shop_Basket$Params, results: Shop_Basket$Results, context: $.CallContext): Promise<void> | void;
  close(params: Shop_Close$Params, results: Shop_Close$Results, context: $.CallContext): Promise<void> | void;
  call(params: Shop_Call$Params, results: Shop_Call$Results, context: $.CallContext): Promise<void> | void;
  put(params: Shop_Put$Params, results: Shop_Put$Results, context: $.CallContext): Promise<void> | void;
}
export class Shop$Server extends $.Server {
  constructor(target: Shop$Server$Target) {
    super(target, [
      {
        ...Shop$Client.methods[0],
        impl: target.list
      },
      {
        ...Shop$Client.methods[1],
        impl: target.order
      },
      {
        ...Shop$Client.methods[2],
        impl: target.watch
      },
      {
        ...Shop$Client.methods[3],
        impl: target.basket
      },
      {
        ...Shop$Client.methods[4],
        impl: target.close
      },
      {
        ...Shop$Client.methods[5],
        impl: target.call
      },
      {
        ...Shop$Client.methods[6],
        impl: target.put
      }
    ]);
  }
  client(): Shop$Client {
    return new Shop$Client(this);
  }
}
export class Shop extends $.Interface {
  static readonly Filter = Shop_Filter;
  static readonly Receipt = Shop_Receipt;
  static readonly Handle = Shop_Handle;
  static readonly Observer = Shop_Observer;
  static readonly Client = Shop$Client;
  static readonly Server = Shop$Server;
  static readonly _capnp = {
    displayName: "Shop",
    id: "9e1295e1e79d4106",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Shop_" + super.toString(); }
}
export class Basket_Sub_Hello$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "hello$Params",
    id: "d300d1045c996c28",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Basket_Sub_Hello$Params_" + super.toString(); }
}
export class Basket_Sub_Hello$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "hello$Results",
    id: "f063f72230d6d887",
    size: new $.ObjectSize(0, 1),
  };
  get basket(): Basket$Client {
    return new Basket$Client($.utils.getCapability(0, this));
  }
  _hasBasket(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set basket(value: Basket$Client) {
    $.utils.setCapability(0, value, this);
  }
  override toString(): string { return "Basket_Sub_Hello$Results_" + super.toString(); }
}
export class Basket_Sub_Hello$Results$Promise {
  pipeline: $.Pipeline<Basket_Sub_Hello$Results>;
  constructor(pipeline: $.Pipeline<Basket_Sub_Hello$Results>) {
    this.pipeline = pipeline;
  }
  getBasket(): Basket$Client {
    return new Basket$Client(this.pipeline.getPipeline(Basket, 0).client());
  }
  async promise(): Promise<Basket_Sub_Hello$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Basket_Sub$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xa1d8796108d5edbdn;
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
  dup(): Basket_Sub$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Basket_Sub_Hello$Params, Basket_Sub_Hello$Results>
  ] = [
    {
      ParamsClass: Basket_Sub_Hello$Params,
      ResultsClass: Basket_Sub_Hello$Results,
      interfaceId: Basket_Sub$Client.interfaceId,
      methodId: 0,
      interfaceName: "shop.capnp:Basket.Sub",
      methodName: "hello"
    }
  ];
  hello(paramsFunc?: (params: Basket_Sub_Hello$Params) => void, options?: $.CallOptions): Basket_Sub_Hello$Results$Promise {
    const answer = this.client.call({
      method: Basket_Sub$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Basket_Sub_Hello$Results, answer);
    return new Basket_Sub_Hello$Results$Promise(pipeline);
  }
}
export interface Basket_Sub$Server$Target extends Partial<Disposable> {
  hello(params: Basket_Sub_Hello$Params, results: Basket_Sub_Hello$Results, context: $.CallContext): Promise<void> | void;
}
export class Basket_Sub$Server extends $.Server {
  constructor(target: Basket_Sub$Server$Target) {
    super(target, [
      {
        ...Basket_Sub$Client.methods[0],
        impl: target.hello
      }
    ]);
  }
  client(): Basket_Sub$Client {
    return new Basket_Sub$Client(this);
  }
}
export class Basket_Sub extends $.Interface {
  static readonly Client = Basket_Sub$Client;
  static readonly Server = Basket_Sub$Server;
  static readonly _capnp = {
    displayName: "Sub",
    id: "a1d8796108d5edbd",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Basket_Sub_" + super.toString(); }
}
export class Basket_Add$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "add$Params",
    id: "a953cd9117bc8627",
    size: new $.ObjectSize(0, 1),
  };
  get item(): Item {
    return $.utils.getStruct(0, Item, this);
  }
  _hasItem(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initItem(): Item {
    return $.utils.initStructAt(0, Item, this);
  }
  set item(value: Item) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Basket_Add$Params_" + super.toString(); }
}
export class Basket_Add$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "add$Results",
    id: "ddbf18d1aba22111",
    size: new $.ObjectSize(8, 0),
  };
  get count(): number {
    return $.utils.getUint32(0, this);
  }
  set count(value: number) {
    $.utils.setUint32(0, value, this, 0, "count");
  }
  override toString(): string { return "Basket_Add$Results_" + super.toString(); }
}
export class Basket_Add$Results$Promise {
  pipeline: $.Pipeline<Basket_Add$Results>;
  constructor(pipeline: $.Pipeline<Basket_Add$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Basket_Add$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Basket_Pay$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "pay$Params",
    id: "ce1267ca771bc3d6",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Basket_Pay$Params_" + super.toString(); }
}
export class Basket_Pay$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "pay$Results",
    id: "a28c1b38363b3515",
    size: new $.ObjectSize(0, 1),
  };
  get receipt(): Shop_Receipt {
    return $.utils.getStruct(0, Shop_Receipt, this);
  }
  _hasReceipt(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initReceipt(): Shop_Receipt {
    return $.utils.initStructAt(0, Shop_Receipt, this);
  }
  set receipt(value: Shop_Receipt) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Basket_Pay$Results_" + super.toString(); }
}
export class Basket_Pay$Results$Promise {
  pipeline: $.Pipeline<Basket_Pay$Results>;
  constructor(pipeline: $.Pipeline<Basket_Pay$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Basket_Pay$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Basket$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xfb70f2c98938b552n;
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
  dup(): Basket$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Basket_Add$Params, Basket_Add$Results>,
    $.Method<Basket_Pay$Params, Basket_Pay$Results>
  ] = [
    {
      ParamsClass: Basket_Add$Params,
      ResultsClass: Basket_Add$Results,
      interfaceId: Basket$Client.interfaceId,
      methodId: 0,
      interfaceName: "shop.capnp:Basket",
      methodName: "add"
    },
    {
      ParamsClass: Basket_Pay$Params,
      ResultsClass: Basket_Pay$Results,
      interfaceId: Basket$Client.interfaceId,
      methodId: 1,
      interfaceName: "shop.capnp:Basket",
      methodName: "pay"
    }
  ];
  add(paramsFunc?: (params: Basket_Add$Params) => void, options?: $.CallOptions): Basket_Add$Results$Promise {
    const answer = this.client.call({
      method: Basket$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Basket_Add$Results, answer);
    return new Basket_Add$Results$Promise(pipeline);
  }
  pay(paramsFunc?: (params: Basket_Pay$Params) => void, options?: $.CallOptions): Basket_Pay$Results$Promise {
    const answer = this.client.call({
      method: Basket$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Basket_Pay$Results, answer);
    return new Basket_Pay$Results$Promise(pipeline);
  }
}
export interface Basket$Server$Target extends Partial<Disposable> {
  add(params: Basket_Add$Params, results: Basket_Add$Results, context: $.CallContext): Promise<void> | void;
  pay(params: Basket_Pay$Params, results: Basket_Pay$Results, context: $.CallContext): Promise<void> | void;
}
export class Basket$Server extends $.Server {
  constructor(target: Basket$Server$Target) {
    super(target, [
      {
        ...Basket$Client.methods[0],
        impl: target.add
      },
      {
        ...Basket$Client.methods[1],
        impl: target.pay
      }
    ]);
  }
  client(): Basket$Client {
    return new Basket$Client(this);
  }
}
export class Basket extends $.Interface {
  static readonly Sub = Basket_Sub;
  static readonly Client = Basket$Client;
  static readonly Server = Basket$Server;
  static readonly _capnp = {
    displayName: "Basket",
    id: "fb70f2c98938b552",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Basket_" + super.toString(); }
}
export class Big_Both$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "both$Params",
    id: "c4adbe1a3bb668b1",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Big_Both$Params_" + super.toString(); }
}
export class Big_Both$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "both$Results",
    id: "8a4259f521636bf5",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Big_Both$Results_" + super.toString(); }
}
export class Big_Both$Results$Promise {
  pipeline: $.Pipeline<Big_Both$Results>;
  constructor(pipeline: $.Pipeline<Big_Both$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Big_Both$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Big$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xd92f7d64823e410cn;
  constructor(client: $.Client) {
    this.client = client;
  }
  [Symbol.dispose](): void {
    this.client.close();
  }
  /** A reference of one's own, to be closed. */
  dup(): Big$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Big_Both$Params, Big_Both$Results>
  ] = [
    {
      ParamsClass: Big_Both$Params,
      ResultsClass: Big_Both$Results,
      interfaceId: Big$Client.interfaceId,
      methodId: 0,
      interfaceName: "shop.capnp:Big",
      methodName: "both"
    }
  ];
  both(paramsFunc?: (params: Big_Both$Params) => void, options?: $.CallOptions): Big_Both$Results$Promise {
    const answer = this.client.call({
      method: Big$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Big_Both$Results, answer);
    return new Big_Both$Results$Promise(pipeline);
  }
  list(paramsFunc?: (params: Shop_List$Params) => void, options?: $.CallOptions): Shop_List$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_List$Results, answer);
    return new Shop_List$Results$Promise(pipeline);
  }
  order(paramsFunc?: (params: Item) => void, options?: $.CallOptions): Shop_Receipt$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Receipt, answer);
    return new Shop_Receipt$Promise(pipeline);
  }
  watch(paramsFunc?: (params: Shop_Watch$Params) => void, options?: $.CallOptions): Shop_Watch$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[2],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Watch$Results, answer);
    return new Shop_Watch$Results$Promise(pipeline);
  }
  basket(paramsFunc?: (params: Shop_Basket$Params) => void, options?: $.CallOptions): Shop_Basket$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[3],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Basket$Results, answer);
    return new Shop_Basket$Results$Promise(pipeline);
  }
  close(paramsFunc?: (params: Shop_Close$Params) => void, options?: $.CallOptions): Shop_Close$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[4],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Close$Results, answer);
    return new Shop_Close$Results$Promise(pipeline);
  }
  call(paramsFunc?: (params: Shop_Call$Params) => void, options?: $.CallOptions): Shop_Call$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[5],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Call$Results, answer);
    return new Shop_Call$Results$Promise(pipeline);
  }
  put(paramsFunc?: (params: Shop_Put$Params) => void, options?: $.CallOptions): Shop_Put$Results$Promise {
    const answer = this.client.call({
      method: Shop$Client.methods[6],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Shop_Put$Results, answer);
    return new Shop_Put$Results$Promise(pipeline);
  }
  add(paramsFunc?: (params: Basket_Add$Params) => void, options?: $.CallOptions): Basket_Add$Results$Promise {
    const answer = this.client.call({
      method: Basket$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Basket_Add$Results, answer);
    return new Basket_Add$Results$Promise(pipeline);
  }
  pay(paramsFunc?: (params: Basket_Pay$Params) => void, options?: $.CallOptions): Basket_Pay$Results$Promise {
    const answer = this.client.call({
      method: Basket$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Basket_Pay$Results, answer);
    return new Basket_Pay$Results$Promise(pipeline);
  }
}
export interface Big$Server$Target extends Shop$Server$Target, Basket$Server$Target {
  both(params: Big_Both$Params, results: Big_Both$Results, context: $.CallContext): Promise<void> | void;
}
export class Big$Server extends $.Server {
  constructor(target: Big$Server$Target) {
    super(target, [
      {
        ...Big$Client.methods[0],
        impl: target.both
      },
      {
        ...Shop$Client.methods[0],
        impl: target.list
      },
      {
        ...Shop$Client.methods[1],
        impl: target.order
      },
      {
        ...Shop$Client.methods[2],
        impl: target.watch
      },
      {
        ...Shop$Client.methods[3],
        impl: target.basket
      },
      {
        ...Shop$Client.methods[4],
        impl: target.close
      },
      {
        ...Shop$Client.methods[5],
        impl: target.call
      },
      {
        ...Shop$Client.methods[6],
        impl: target.put
      },
      {
        ...Basket$Client.methods[0],
        impl: target.add
      },
      {
        ...Basket$Client.methods[1],
        impl: target.pay
      }
    ]);
  }
  client(): Big$Client {
    return new Big$Client(this);
  }
}
export class Big extends $.Interface {
  static readonly Client = Big$Client;
  static readonly Server = Big$Server;
  static readonly _capnp = {
    displayName: "Big",
    id: "d92f7d64823e410c",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Big_" + super.toString(); }
}
Map._Entries = $.CompositeList(Map_Entry);
Item._Matrix = $.PointerList($.Int32List);
Item._Points = $.CompositeList(Point);
Shop_List$Results._Items = $.CompositeList(Item);
export const maxItems = 500;
export const pi = 3.25;
export const big = 12345678901234567890n;
export const ok = true;
export const name = "shop";
