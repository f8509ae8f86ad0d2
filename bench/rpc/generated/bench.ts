// Generated from bench.capnp by scripts/capnp-generate.cjs; do not edit.
import * as $ from "../../../src/rpc/capnp/runtime.ts";
export const _capnpFileId = 0xc1b2a39485760718n;
export class VmState extends $.Struct {
  static readonly _capnp = {
    displayName: "VmState",
    id: "f3e6f5a63006b6b6",
    size: new $.ObjectSize(32, 1),
  };
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get phase(): number {
    return $.utils.getUint16(0, this);
  }
  set phase(value: number) {
    $.utils.setUint16(0, value, this, 0, "phase");
  }
  get generation(): bigint {
    return $.utils.getUint64(8, this);
  }
  set generation(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "generation");
  }
  get observedGeneration(): bigint {
    return $.utils.getUint64(16, this);
  }
  set observedGeneration(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "observedGeneration");
  }
  get cpuUsage(): number {
    return $.utils.getFloat32(4, this);
  }
  set cpuUsage(value: number) {
    $.utils.setFloat32(4, value, this);
  }
  get memoryUsedMib(): number {
    return $.utils.getUint32(24, this);
  }
  set memoryUsedMib(value: number) {
    $.utils.setUint32(24, value, this, 0, "memoryUsedMib");
  }
  get running(): boolean {
    return $.utils.getBit(16, this);
  }
  set running(value: boolean) {
    $.utils.setBit(16, value, this);
  }
  override toString(): string { return "VmState_" + super.toString(); }
}
export class Heartbeat extends $.Struct {
  static readonly _capnp = {
    displayName: "Heartbeat",
    id: "e33ca72af504a0d1",
    size: new $.ObjectSize(8, 2),
  };
  static _Vms: $.ListCtor<VmState>;
  get node(): string {
    return $.utils.getText(0, this);
  }
  set node(value: string) {
    $.utils.setText(0, value, this);
  }
  get sequence(): bigint {
    return $.utils.getUint64(0, this);
  }
  set sequence(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "sequence");
  }
  get vms(): $.List<VmState> {
    return $.utils.getList(1, Heartbeat._Vms, this);
  }
  _hasVms(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initVms(length: number): $.List<VmState> {
    return $.utils.initList(1, Heartbeat._Vms, length, this);
  }
  set vms(value: $.List<VmState>) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Heartbeat_" + super.toString(); }
}
export class Label extends $.Struct {
  static readonly _capnp = {
    displayName: "Label",
    id: "a047136cbdfdd12b",
    size: new $.ObjectSize(0, 2),
  };
  get key(): string {
    return $.utils.getText(0, this);
  }
  set key(value: string) {
    $.utils.setText(0, value, this);
  }
  get value(): string {
    return $.utils.getText(1, this);
  }
  set value(value: string) {
    $.utils.setText(1, value, this);
  }
  override toString(): string { return "Label_" + super.toString(); }
}
export class VmSpec extends $.Struct {
  static readonly _capnp = {
    displayName: "VmSpec",
    id: "cf017ae94a4b2942",
    size: new $.ObjectSize(8, 5),
  };
  static _Labels: $.ListCtor<Label>;
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get name(): string {
    return $.utils.getText(1, this);
  }
  set name(value: string) {
    $.utils.setText(1, value, this);
  }
  get specHash(): string {
    return $.utils.getText(2, this);
  }
  set specHash(value: string) {
    $.utils.setText(2, value, this);
  }
  get image(): string {
    return $.utils.getText(3, this);
  }
  set image(value: string) {
    $.utils.setText(3, value, this);
  }
  get cpuCores(): number {
    return $.utils.getUint16(0, this);
  }
  set cpuCores(value: number) {
    $.utils.setUint16(0, value, this, 0, "cpuCores");
  }
  get memoryMib(): number {
    return $.utils.getUint32(4, this);
  }
  set memoryMib(value: number) {
    $.utils.setUint32(4, value, this, 0, "memoryMib");
  }
  get labels(): $.List<Label> {
    return $.utils.getList(4, VmSpec._Labels, this);
  }
  _hasLabels(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  _initLabels(length: number): $.List<Label> {
    return $.utils.initList(4, VmSpec._Labels, length, this);
  }
  set labels(value: $.List<Label>) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  override toString(): string { return "VmSpec_" + super.toString(); }
}
export class Assignment extends $.Struct {
  static readonly _capnp = {
    displayName: "Assignment",
    id: "a31c7512cd9d8e69",
    size: new $.ObjectSize(8, 1),
  };
  static _Specs: $.ListCtor<VmSpec>;
  get revision(): bigint {
    return $.utils.getUint64(0, this);
  }
  set revision(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "revision");
  }
  get specs(): $.List<VmSpec> {
    return $.utils.getList(0, Assignment._Specs, this);
  }
  _hasSpecs(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initSpecs(length: number): $.List<VmSpec> {
    return $.utils.initList(0, Assignment._Specs, length, this);
  }
  set specs(value: $.List<VmSpec>) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Assignment_" + super.toString(); }
}
export class Bench_Empty$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "empty$Params",
    id: "c750bb38a72cf94f",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Bench_Empty$Params_" + super.toString(); }
}
export class Bench_Empty$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "empty$Results",
    id: "c5ea3ca92432d279",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Bench_Empty$Results_" + super.toString(); }
}
export class Bench_Empty$Results$Promise {
  pipeline: $.Pipeline<Bench_Empty$Results>;
  constructor(pipeline: $.Pipeline<Bench_Empty$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Bench_Empty$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Bench_Heartbeat$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "heartbeat$Results",
    id: "dbee180e5c120979",
    size: new $.ObjectSize(16, 0),
  };
  get leaseMs(): number {
    return $.utils.getUint32(0, this);
  }
  set leaseMs(value: number) {
    $.utils.setUint32(0, value, this, 0, "leaseMs");
  }
  get checksum(): bigint {
    return $.utils.getUint64(8, this);
  }
  set checksum(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "checksum");
  }
  override toString(): string { return "Bench_Heartbeat$Results_" + super.toString(); }
}
export class Bench_Heartbeat$Results$Promise {
  pipeline: $.Pipeline<Bench_Heartbeat$Results>;
  constructor(pipeline: $.Pipeline<Bench_Heartbeat$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Bench_Heartbeat$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Bench_Assignment$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "assignment$Params",
    id: "b6d3c867e15b8e52",
    size: new $.ObjectSize(8, 0),
  };
  get lastSeen(): bigint {
    return $.utils.getUint64(0, this);
  }
  set lastSeen(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "lastSeen");
  }
  override toString(): string { return "Bench_Assignment$Params_" + super.toString(); }
}
export class Bench_Assignment$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "assignment$Results",
    id: "cab3662458888c1f",
    size: new $.ObjectSize(0, 1),
  };
  get assignment(): Assignment {
    return $.utils.getStruct(0, Assignment, this);
  }
  _hasAssignment(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initAssignment(): Assignment {
    return $.utils.initStructAt(0, Assignment, this);
  }
  set assignment(value: Assignment) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Bench_Assignment$Results_" + super.toString(); }
}
export class Bench_Assignment$Results$Promise {
  pipeline: $.Pipeline<Bench_Assignment$Results>;
  constructor(pipeline: $.Pipeline<Bench_Assignment$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Bench_Assignment$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Bench_CachedAssignment$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "cachedAssignment$Params",
    id: "8bd12d2666f2c632",
    size: new $.ObjectSize(8, 0),
  };
  get lastSeen(): bigint {
    return $.utils.getUint64(0, this);
  }
  set lastSeen(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "lastSeen");
  }
  override toString(): string { return "Bench_CachedAssignment$Params_" + super.toString(); }
}
export class Bench_CachedAssignment$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "cachedAssignment$Results",
    id: "f7872f2f2ad86221",
    size: new $.ObjectSize(0, 1),
  };
  get assignment(): Assignment {
    return $.utils.getStruct(0, Assignment, this);
  }
  _hasAssignment(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initAssignment(): Assignment {
    return $.utils.initStructAt(0, Assignment, this);
  }
  set assignment(value: Assignment) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Bench_CachedAssignment$Results_" + super.toString(); }
}
export class Bench_CachedAssignment$Results$Promise {
  pipeline: $.Pipeline<Bench_CachedAssignment$Results>;
  constructor(pipeline: $.Pipeline<Bench_CachedAssignment$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Bench_CachedAssignment$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Bench$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xc6dcd5f94ff60932n;
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
  dup(): Bench$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Bench_Empty$Params, Bench_Empty$Results>,
    $.Method<Heartbeat, Bench_Heartbeat$Results>,
    $.Method<Bench_Assignment$Params, Bench_Assignment$Results>,
    $.Method<Bench_CachedAssignment$Params, Bench_CachedAssignment$Results>
  ] = [
    {
      ParamsClass: Bench_Empty$Params,
      ResultsClass: Bench_Empty$Results,
      interfaceId: Bench$Client.interfaceId,
      methodId: 0,
      interfaceName: "bench.capnp:Bench",
      methodName: "empty"
    },
    {
      ParamsClass: Heartbeat,
      ResultsClass: Bench_Heartbeat$Results,
      interfaceId: Bench$Client.interfaceId,
      methodId: 1,
      interfaceName: "bench.capnp:Bench",
      methodName: "heartbeat"
    },
    {
      ParamsClass: Bench_Assignment$Params,
      ResultsClass: Bench_Assignment$Results,
      interfaceId: Bench$Client.interfaceId,
      methodId: 2,
      interfaceName: "bench.capnp:Bench",
      methodName: "assignment"
    },
    {
      ParamsClass: Bench_CachedAssignment$Params,
      ResultsClass: Bench_CachedAssignment$Results,
      interfaceId: Bench$Client.interfaceId,
      methodId: 3,
      interfaceName: "bench.capnp:Bench",
      methodName: "cachedAssignment"
    }
  ];
  empty(paramsFunc?: (params: Bench_Empty$Params) => void, options?: $.CallOptions): Bench_Empty$Results$Promise {
    const answer = this.client.call({
      method: Bench$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Bench_Empty$Results, answer);
    return new Bench_Empty$Results$Promise(pipeline);
  }
  /**
* Encoded anew for each call.
*
*/
  heartbeat(paramsFunc?: (params: Heartbeat) => void, options?: $.CallOptions): Bench_Heartbeat$Results$Promise {
    const answer = this.client.call({
      method: Bench$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Bench_Heartbeat$Results, answer);
    return new Bench_Heartbeat$Results$Promise(pipeline);
  }
  /**
* Encoded once and sent again and again.
*
*/
  assignment(paramsFunc?: (params: Bench_Assignment$Params) => void, options?: $.CallOptions): Bench_Assignment$Results$Promise {
    const answer = this.client.call({
      method: Bench$Client.methods[2],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Bench_Assignment$Results, answer);
    return new Bench_Assignment$Results$Promise(pipeline);
  }
  cachedAssignment(paramsFunc?: (params: Bench_CachedAssignment$Params) => void, options?: $.CallOptions): Bench_CachedAssignment$Results$Promise {
    const answer = this.client.call({
      method: Bench$Client.methods[3],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Bench_CachedAssignment$Results, answer);
    return new Bench_CachedAssignment$Results$Promise(pipeline);
  }
}
export interface Bench$Server$Target extends Partial<Disposable> {
  empty(params: Bench_Empty$Params, results: Bench_Empty$Results, context: $.CallContext): Promise<void> | void;
  heartbeat(params: Heartbeat, results: Bench_Heartbeat$Results, context: $.CallContext): Promise<void> | void;
  assignment(params: Bench_Assignment$Params, results: Bench_Assignment$Results, context: $.CallContext): Promise<void> | void;
  cachedAssignment(params: Bench_CachedAssignment$Params, results: Bench_CachedAssignment$Results, context: $.CallContext): Promise<void> | void;
}
export class Bench$Server extends $.Server {
  constructor(target: Bench$Server$Target) {
    super(target, [
      {
        ...Bench$Client.methods[0],
        impl: target.empty
      },
      {
        ...Bench$Client.methods[1],
        impl: target.heartbeat
      },
      {
        ...Bench$Client.methods[2],
        impl: target.assignment
      },
      {
        ...Bench$Client.methods[3],
        impl: target.cachedAssignment
      }
    ]);
  }
  client(): Bench$Client {
    return new Bench$Client(this);
  }
}
export class Bench extends $.Interface {
  static readonly Client = Bench$Client;
  static readonly Server = Bench$Server;
  static readonly _capnp = {
    displayName: "Bench",
    id: "c6dcd5f94ff60932",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Bench_" + super.toString(); }
}
Heartbeat._Vms = $.CompositeList(VmState);
VmSpec._Labels = $.CompositeList(Label);
Assignment._Specs = $.CompositeList(VmSpec);
