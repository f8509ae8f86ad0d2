// Generated from node.capnp by scripts/capnp-generate.cjs; do not edit.
import * as $ from "../../rpc/capnp/runtime.ts";
export const _capnpFileId = 0xe1c3a5f7092b4d6en;
export const Retry = {
  NEVER: 0,
  LATER: 1,
  NOW: 2
} as const;
export type Retry = (typeof Retry)[keyof typeof Retry] | $.UnknownMember;
export class Fault extends $.Struct {
  static readonly _capnp = {
    displayName: "Fault",
    id: "9711c09749eb7723",
    size: new $.ObjectSize(8, 3),
  };
  get code(): string {
    return $.utils.getText(0, this);
  }
  set code(value: string) {
    $.utils.setText(0, value, this);
  }
  get message(): string {
    return $.utils.getText(1, this);
  }
  set message(value: string) {
    $.utils.setText(1, value, this);
  }
  get retry(): Retry {
    return $.utils.getUint16(0, this) as Retry;
  }
  set retry(value: Retry) {
    $.utils.setUint16(0, value, this, 0, "retry");
  }
  /**
* a JSON object
*
*/
  get details(): $.Data {
    return $.utils.getData(2, this);
  }
  _hasDetails(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initDetails(length: number): $.Data {
    return $.utils.initData(2, length, this);
  }
  set details(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  override toString(): string { return "Fault_" + super.toString(); }
}
export class Revision extends $.Struct {
  static readonly _capnp = {
    displayName: "Revision",
    id: "9068c36d9c0477fa",
    size: new $.ObjectSize(16, 0),
  };
  get epoch(): bigint {
    return $.utils.getUint64(0, this);
  }
  set epoch(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "epoch");
  }
  get revision(): bigint {
    return $.utils.getUint64(8, this);
  }
  set revision(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "revision");
  }
  override toString(): string { return "Revision_" + super.toString(); }
}
export class Body extends $.Struct {
  static readonly _capnp = {
    displayName: "Body",
    id: "a06e040bb6429bb9",
    size: new $.ObjectSize(0, 2),
  };
  get hash(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasHash(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initHash(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set hash(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get json(): $.Data {
    return $.utils.getData(1, this);
  }
  _hasJson(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initJson(length: number): $.Data {
    return $.utils.initData(1, length, this);
  }
  set json(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Body_" + super.toString(); }
}
export class RuntimeInfo extends $.Struct {
  static readonly _capnp = {
    displayName: "RuntimeInfo",
    id: "f42f4a719a9ef639",
    size: new $.ObjectSize(0, 4),
  };
  get kind(): string {
    return $.utils.getText(0, this);
  }
  set kind(value: string) {
    $.utils.setText(0, value, this);
  }
  get version(): string {
    return $.utils.getText(1, this);
  }
  set version(value: string) {
    $.utils.setText(1, value, this);
  }
  get accel(): string {
    return $.utils.getText(2, this);
  }
  set accel(value: string) {
    $.utils.setText(2, value, this);
  }
  get accelBecause(): string {
    return $.utils.getText(3, this);
  }
  set accelBecause(value: string) {
    $.utils.setText(3, value, this);
  }
  override toString(): string { return "RuntimeInfo_" + super.toString(); }
}
export class Hello extends $.Struct {
  static readonly _capnp = {
    displayName: "Hello",
    id: "d78785b30eca60be",
    size: new $.ObjectSize(16, 7),
  };
  static _Runtimes: $.ListCtor<RuntimeInfo>;
  get node(): string {
    return $.utils.getText(0, this);
  }
  set node(value: string) {
    $.utils.setText(0, value, this);
  }
  /**
* absent before the first connection ever
*
*/
  get clusterId(): string {
    return $.utils.getText(1, this);
  }
  set clusterId(value: string) {
    $.utils.setText(1, value, this);
  }
  get session(): string {
    return $.utils.getText(2, this);
  }
  set session(value: string) {
    $.utils.setText(2, value, this);
  }
  get agentVersion(): string {
    return $.utils.getText(3, this);
  }
  set agentVersion(value: string) {
    $.utils.setText(3, value, this);
  }
  get bootId(): string {
    return $.utils.getText(4, this);
  }
  set bootId(value: string) {
    $.utils.setText(4, value, this);
  }
  get cpuCores(): number {
    return $.utils.getUint32(0, this);
  }
  set cpuCores(value: number) {
    $.utils.setUint32(0, value, this, 0, "cpuCores");
  }
  get memoryMib(): bigint {
    return $.utils.getUint64(8, this);
  }
  set memoryMib(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "memoryMib");
  }
  get runtimes(): $.List<RuntimeInfo> {
    return $.utils.getList(5, Hello._Runtimes, this);
  }
  _hasRuntimes(): boolean {
    return !$.utils.isNull($.utils.getPointer(5, this));
  }
  _initRuntimes(length: number): $.List<RuntimeInfo> {
    return $.utils.initList(5, Hello._Runtimes, length, this);
  }
  set runtimes(value: $.List<RuntimeInfo>) {
    $.utils.copyFrom(value, $.utils.getPointer(5, this));
  }
  /**
* hashes of bodies the node holds already
*
*/
  get have(): $.List<$.Data> {
    return $.utils.getList(6, $.DataList, this);
  }
  _hasHave(): boolean {
    return !$.utils.isNull($.utils.getPointer(6, this));
  }
  _initHave(length: number): $.List<$.Data> {
    return $.utils.initList(6, $.DataList, length, this);
  }
  set have(value: $.List<$.Data>) {
    $.utils.copyFrom(value, $.utils.getPointer(6, this));
  }
  /**
* assignments may come as pages
*
*/
  get takesPages(): boolean {
    return $.utils.getBit(32, this);
  }
  set takesPages(value: boolean) {
    $.utils.setBit(32, value, this);
  }
  override toString(): string { return "Hello_" + super.toString(); }
}
export class Control_Connect$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "connect$Params",
    id: "a8c1a868e8cac195",
    size: new $.ObjectSize(0, 2),
  };
  get hello(): Hello {
    return $.utils.getStruct(0, Hello, this);
  }
  _hasHello(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initHello(): Hello {
    return $.utils.initStructAt(0, Hello, this);
  }
  set hello(value: Hello) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get node(): Node$Client {
    return new Node$Client($.utils.getCapability(1, this));
  }
  _hasNode(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  set node(value: Node$Client) {
    $.utils.setCapability(1, value, this);
  }
  override toString(): string { return "Control_Connect$Params_" + super.toString(); }
}
export class Control_Connect$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "connect$Results",
    id: "b16c1dadf61e37b2",
    size: new $.ObjectSize(8, 3),
  };
  get session(): Session$Client {
    return new Session$Client($.utils.getCapability(0, this));
  }
  _hasSession(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set session(value: Session$Client) {
    $.utils.setCapability(0, value, this);
  }
  get clusterId(): string {
    return $.utils.getText(1, this);
  }
  set clusterId(value: string) {
    $.utils.setText(1, value, this);
  }
  get heartbeatMs(): number {
    return $.utils.getUint32(0, this);
  }
  set heartbeatMs(value: number) {
    $.utils.setUint32(0, value, this, 0, "heartbeatMs");
  }
  get fault(): Fault {
    return $.utils.getStruct(2, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(2, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  override toString(): string { return "Control_Connect$Results_" + super.toString(); }
}
export class Control_Connect$Results$Promise {
  pipeline: $.Pipeline<Control_Connect$Results>;
  constructor(pipeline: $.Pipeline<Control_Connect$Results>) {
    this.pipeline = pipeline;
  }
  getSession(): Session$Client {
    return new Session$Client(this.pipeline.getPipeline(Session, 0).client());
  }
  async promise(): Promise<Control_Connect$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Control$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xf4c1a6e72c91bde3n;
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
  dup(): Control$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Control_Connect$Params, Control_Connect$Results>
  ] = [
    {
      ParamsClass: Control_Connect$Params,
      ResultsClass: Control_Connect$Results,
      interfaceId: Control$Client.interfaceId,
      methodId: 0,
      interfaceName: "node.capnp:Control",
      methodName: "connect"
    }
  ];
  connect(paramsFunc?: (params: Control_Connect$Params) => void, options?: $.CallOptions): Control_Connect$Results$Promise {
    const answer = this.client.call({
      method: Control$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Control_Connect$Results, answer);
    return new Control_Connect$Results$Promise(pipeline);
  }
}
export interface Control$Server$Target extends Partial<Disposable> {
  connect(params: Control_Connect$Params, results: Control_Connect$Results, context: $.CallContext): Promise<void> | void;
}
export class Control$Server extends $.Server {
  constructor(target: Control$Server$Target) {
    super(target, [
      {
        ...Control$Client.methods[0],
        impl: target.connect
      }
    ]);
  }
  client(): Control$Client {
    return new Control$Client(this);
  }
}
export class Control extends $.Interface {
  static readonly Client = Control$Client;
  static readonly Server = Control$Server;
  static readonly _capnp = {
    displayName: "Control",
    id: "f4c1a6e72c91bde3",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Control_" + super.toString(); }
}
export class Session_GetAssignment$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "getAssignment$Params",
    id: "ccfc18c75f3f414f",
    size: new $.ObjectSize(0, 1),
  };
  get lastSeen(): Revision {
    return $.utils.getStruct(0, Revision, this);
  }
  _hasLastSeen(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initLastSeen(): Revision {
    return $.utils.initStructAt(0, Revision, this);
  }
  set lastSeen(value: Revision) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Session_GetAssignment$Params_" + super.toString(); }
}
export class Session_GetAssignment$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "getAssignment$Results",
    id: "b1b3d539cd6e3299",
    size: new $.ObjectSize(0, 2),
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
  get fault(): Fault {
    return $.utils.getStruct(1, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(1, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Session_GetAssignment$Results_" + super.toString(); }
}
export class Session_GetAssignment$Results$Promise {
  pipeline: $.Pipeline<Session_GetAssignment$Results>;
  constructor(pipeline: $.Pipeline<Session_GetAssignment$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Session_GetAssignment$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Session_Report$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "report$Params",
    id: "a149cc26208d36e6",
    size: new $.ObjectSize(0, 1),
  };
  get report(): Report {
    return $.utils.getStruct(0, Report, this);
  }
  _hasReport(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initReport(): Report {
    return $.utils.initStructAt(0, Report, this);
  }
  set report(value: Report) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Session_Report$Params_" + super.toString(); }
}
export class Session_Report$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "report$Results",
    id: "d99f10c8ccbaaf25",
    size: new $.ObjectSize(0, 1),
  };
  get fault(): Fault {
    return $.utils.getStruct(0, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(0, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Session_Report$Results_" + super.toString(); }
}
export class Session_Report$Results$Promise {
  pipeline: $.Pipeline<Session_Report$Results>;
  constructor(pipeline: $.Pipeline<Session_Report$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Session_Report$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Session$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0x8f8a6f02476d5ceen;
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
  dup(): Session$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Session_GetAssignment$Params, Session_GetAssignment$Results>,
    $.Method<Session_Report$Params, Session_Report$Results>
  ] = [
    {
      ParamsClass: Session_GetAssignment$Params,
      ResultsClass: Session_GetAssignment$Results,
      interfaceId: Session$Client.interfaceId,
      methodId: 0,
      interfaceName: "node.capnp:Session",
      methodName: "getAssignment"
    },
    {
      ParamsClass: Session_Report$Params,
      ResultsClass: Session_Report$Results,
      interfaceId: Session$Client.interfaceId,
      methodId: 1,
      interfaceName: "node.capnp:Session",
      methodName: "report"
    }
  ];
  getAssignment(paramsFunc?: (params: Session_GetAssignment$Params) => void, options?: $.CallOptions): Session_GetAssignment$Results$Promise {
    const answer = this.client.call({
      method: Session$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Session_GetAssignment$Results, answer);
    return new Session_GetAssignment$Results$Promise(pipeline);
  }
  report(paramsFunc?: (params: Session_Report$Params) => void, options?: $.CallOptions): Session_Report$Results$Promise {
    const answer = this.client.call({
      method: Session$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Session_Report$Results, answer);
    return new Session_Report$Results$Promise(pipeline);
  }
}
export interface Session$Server$Target extends Partial<Disposable> {
  getAssignment(params: Session_GetAssignment$Params, results: Session_GetAssignment$Results, context: $.CallContext): Promise<void> | void;
  report(params: Session_Report$Params, results: Session_Report$Results, context: $.CallContext): Promise<void> | void;
}
export class Session$Server extends $.Server {
  constructor(target: Session$Server$Target) {
    super(target, [
      {
        ...Session$Client.methods[0],
        impl: target.getAssignment
      },
      {
        ...Session$Client.methods[1],
        impl: target.report
      }
    ]);
  }
  client(): Session$Client {
    return new Session$Client(this);
  }
}
/**
* Hangs until there is an assignment newer than `lastSeen` (absent: any).
*
*/
export class Session extends $.Interface {
  static readonly Client = Session$Client;
  static readonly Server = Session$Server;
  static readonly _capnp = {
    displayName: "Session",
    id: "8f8a6f02476d5cee",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Session_" + super.toString(); }
}
export class Node_Converge$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "converge$Params",
    id: "d95d472aa87d2f57",
    size: new $.ObjectSize(8, 1),
  };
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get generation(): bigint {
    return $.utils.getUint64(0, this);
  }
  set generation(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "generation");
  }
  override toString(): string { return "Node_Converge$Params_" + super.toString(); }
}
export class Node_Converge$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "converge$Results",
    id: "af4628a36148eed6",
    size: new $.ObjectSize(0, 2),
  };
  get observation(): Observation {
    return $.utils.getStruct(0, Observation, this);
  }
  _hasObservation(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initObservation(): Observation {
    return $.utils.initStructAt(0, Observation, this);
  }
  set observation(value: Observation) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get fault(): Fault {
    return $.utils.getStruct(1, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(1, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Node_Converge$Results_" + super.toString(); }
}
export class Node_Converge$Results$Promise {
  pipeline: $.Pipeline<Node_Converge$Results>;
  constructor(pipeline: $.Pipeline<Node_Converge$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Node_Converge$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Node_Reset$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "reset$Params",
    id: "8219868a73b9303f",
    size: new $.ObjectSize(0, 1),
  };
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Node_Reset$Params_" + super.toString(); }
}
export class Node_Reset$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "reset$Results",
    id: "b59b1126e5ccd97f",
    size: new $.ObjectSize(0, 2),
  };
  get observation(): Observation {
    return $.utils.getStruct(0, Observation, this);
  }
  _hasObservation(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initObservation(): Observation {
    return $.utils.initStructAt(0, Observation, this);
  }
  set observation(value: Observation) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get fault(): Fault {
    return $.utils.getStruct(1, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(1, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Node_Reset$Results_" + super.toString(); }
}
export class Node_Reset$Results$Promise {
  pipeline: $.Pipeline<Node_Reset$Results>;
  constructor(pipeline: $.Pipeline<Node_Reset$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Node_Reset$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Node_OpenConsole$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "openConsole$Params",
    id: "add72c5ab3f3ded7",
    size: new $.ObjectSize(8, 2),
  };
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get scrollbackBytes(): number {
    return $.utils.getUint32(0, this);
  }
  set scrollbackBytes(value: number) {
    $.utils.setUint32(0, value, this, 0, "scrollbackBytes");
  }
  get viewer(): ConsoleViewer$Client {
    return new ConsoleViewer$Client($.utils.getCapability(1, this));
  }
  _hasViewer(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  set viewer(value: ConsoleViewer$Client) {
    $.utils.setCapability(1, value, this);
  }
  override toString(): string { return "Node_OpenConsole$Params_" + super.toString(); }
}
export class Node_OpenConsole$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "openConsole$Results",
    id: "a7e3ceb6b50fb2c6",
    size: new $.ObjectSize(8, 3),
  };
  get console(): Console$Client {
    return new Console$Client($.utils.getCapability(0, this));
  }
  _hasConsole(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  set console(value: Console$Client) {
    $.utils.setCapability(0, value, this);
  }
  get incarnationId(): string {
    return $.utils.getText(1, this);
  }
  set incarnationId(value: string) {
    $.utils.setText(1, value, this);
  }
  get fault(): Fault {
    return $.utils.getStruct(2, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(2, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get historyBytes(): number {
    return $.utils.getUint32(0, this);
  }
  set historyBytes(value: number) {
    $.utils.setUint32(0, value, this, 0, "historyBytes");
  }
  override toString(): string { return "Node_OpenConsole$Results_" + super.toString(); }
}
export class Node_OpenConsole$Results$Promise {
  pipeline: $.Pipeline<Node_OpenConsole$Results>;
  constructor(pipeline: $.Pipeline<Node_OpenConsole$Results>) {
    this.pipeline = pipeline;
  }
  getConsole(): Console$Client {
    return new Console$Client(this.pipeline.getPipeline(Console, 0).client());
  }
  async promise(): Promise<Node_OpenConsole$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Node_ReadLog$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "readLog$Params",
    id: "c07d670698cf8bff",
    size: new $.ObjectSize(8, 1),
  };
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get maxBytes(): number {
    return $.utils.getUint32(0, this);
  }
  set maxBytes(value: number) {
    $.utils.setUint32(0, value, this, 0, "maxBytes");
  }
  override toString(): string { return "Node_ReadLog$Params_" + super.toString(); }
}
export class Node_ReadLog$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "readLog$Results",
    id: "b0e5e4b73913d608",
    size: new $.ObjectSize(0, 2),
  };
  get log(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasLog(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initLog(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set log(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get fault(): Fault {
    return $.utils.getStruct(1, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(1, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Node_ReadLog$Results_" + super.toString(); }
}
export class Node_ReadLog$Results$Promise {
  pipeline: $.Pipeline<Node_ReadLog$Results>;
  constructor(pipeline: $.Pipeline<Node_ReadLog$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Node_ReadLog$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Node$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xd631db2811ec4169n;
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
  dup(): Node$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Node_Converge$Params, Node_Converge$Results>,
    $.Method<Node_Reset$Params, Node_Reset$Results>,
    $.Method<Node_OpenConsole$Params, Node_OpenConsole$Results>,
    $.Method<Node_ReadLog$Params, Node_ReadLog$Results>
  ] = [
    {
      ParamsClass: Node_Converge$Params,
      ResultsClass: Node_Converge$Results,
      interfaceId: Node$Client.interfaceId,
      methodId: 0,
      interfaceName: "node.capnp:Node",
      methodName: "converge"
    },
    {
      ParamsClass: Node_Reset$Params,
      ResultsClass: Node_Reset$Results,
      interfaceId: Node$Client.interfaceId,
      methodId: 1,
      interfaceName: "node.capnp:Node",
      methodName: "reset"
    },
    {
      ParamsClass: Node_OpenConsole$Params,
      ResultsClass: Node_OpenConsole$Results,
      interfaceId: Node$Client.interfaceId,
      methodId: 2,
      interfaceName: "node.capnp:Node",
      methodName: "openConsole"
    },
    {
      ParamsClass: Node_ReadLog$Params,
      ResultsClass: Node_ReadLog$Results,
      interfaceId: Node$Client.interfaceId,
      methodId: 3,
      interfaceName: "node.capnp:Node",
      methodName: "readLog"
    }
  ];
  converge(paramsFunc?: (params: Node_Converge$Params) => void, options?: $.CallOptions): Node_Converge$Results$Promise {
    const answer = this.client.call({
      method: Node$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Node_Converge$Results, answer);
    return new Node_Converge$Results$Promise(pipeline);
  }
  /**
* Releasing the console closes it.
*
*/
  reset(paramsFunc?: (params: Node_Reset$Params) => void, options?: $.CallOptions): Node_Reset$Results$Promise {
    const answer = this.client.call({
      method: Node$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Node_Reset$Results, answer);
    return new Node_Reset$Results$Promise(pipeline);
  }
  openConsole(paramsFunc?: (params: Node_OpenConsole$Params) => void, options?: $.CallOptions): Node_OpenConsole$Results$Promise {
    const answer = this.client.call({
      method: Node$Client.methods[2],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Node_OpenConsole$Results, answer);
    return new Node_OpenConsole$Results$Promise(pipeline);
  }
  readLog(paramsFunc?: (params: Node_ReadLog$Params) => void, options?: $.CallOptions): Node_ReadLog$Results$Promise {
    const answer = this.client.call({
      method: Node$Client.methods[3],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Node_ReadLog$Results, answer);
    return new Node_ReadLog$Results$Promise(pipeline);
  }
}
export interface Node$Server$Target extends Partial<Disposable> {
  converge(params: Node_Converge$Params, results: Node_Converge$Results, context: $.CallContext): Promise<void> | void;
  reset(params: Node_Reset$Params, results: Node_Reset$Results, context: $.CallContext): Promise<void> | void;
  openConsole(params: Node_OpenConsole$Params, results: Node_OpenConsole$Results, context: $.CallContext): Promise<void> | void;
  readLog(params: Node_ReadLog$Params, results: Node_ReadLog$Results, context: $.CallContext): Promise<void> | void;
}
export class Node$Server extends $.Server {
  constructor(target: Node$Server$Target) {
    super(target, [
      {
        ...Node$Client.methods[0],
        impl: target.converge
      },
      {
        ...Node$Client.methods[1],
        impl: target.reset
      },
      {
        ...Node$Client.methods[2],
        impl: target.openConsole
      },
      {
        ...Node$Client.methods[3],
        impl: target.readLog
      }
    ]);
  }
  client(): Node$Client {
    return new Node$Client(this);
  }
}
export class Node extends $.Interface {
  static readonly Client = Node$Client;
  static readonly Server = Node$Server;
  static readonly _capnp = {
    displayName: "Node",
    id: "d631db2811ec4169",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Node_" + super.toString(); }
}
export class Console_Write$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "write$Params",
    id: "da04a572bb033454",
    size: new $.ObjectSize(0, 1),
  };
  get bytes(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasBytes(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initBytes(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set bytes(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Console_Write$Params_" + super.toString(); }
}
export class Console_Write$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "write$Results",
    id: "be555a86d9171b9b",
    size: new $.ObjectSize(0, 1),
  };
  get fault(): Fault {
    return $.utils.getStruct(0, Fault, this);
  }
  _hasFault(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initFault(): Fault {
    return $.utils.initStructAt(0, Fault, this);
  }
  set fault(value: Fault) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "Console_Write$Results_" + super.toString(); }
}
export class Console_Write$Results$Promise {
  pipeline: $.Pipeline<Console_Write$Results>;
  constructor(pipeline: $.Pipeline<Console_Write$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<Console_Write$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class Console$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xfcd80b037f7fb575n;
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
  dup(): Console$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<Console_Write$Params, Console_Write$Results>
  ] = [
    {
      ParamsClass: Console_Write$Params,
      ResultsClass: Console_Write$Results,
      interfaceId: Console$Client.interfaceId,
      methodId: 0,
      interfaceName: "node.capnp:Console",
      methodName: "write"
    }
  ];
  write(paramsFunc?: (params: Console_Write$Params) => void, options?: $.CallOptions): Console_Write$Results$Promise {
    const answer = this.client.call({
      method: Console$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(Console_Write$Results, answer);
    return new Console_Write$Results$Promise(pipeline);
  }
}
export interface Console$Server$Target extends Partial<Disposable> {
  write(params: Console_Write$Params, results: Console_Write$Results, context: $.CallContext): Promise<void> | void;
}
export class Console$Server extends $.Server {
  constructor(target: Console$Server$Target) {
    super(target, [
      {
        ...Console$Client.methods[0],
        impl: target.write
      }
    ]);
  }
  client(): Console$Client {
    return new Console$Client(this);
  }
}
export class Console extends $.Interface {
  static readonly Client = Console$Client;
  static readonly Server = Console$Server;
  static readonly _capnp = {
    displayName: "Console",
    id: "fcd80b037f7fb575",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "Console_" + super.toString(); }
}
export class ConsoleViewer_Data$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "data$Params",
    id: "e74a55d9dccfb95f",
    size: new $.ObjectSize(0, 1),
  };
  get bytes(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasBytes(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initBytes(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set bytes(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  override toString(): string { return "ConsoleViewer_Data$Params_" + super.toString(); }
}
export class ConsoleViewer_Data$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "data$Results",
    id: "871518d80c35a8bc",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "ConsoleViewer_Data$Results_" + super.toString(); }
}
export class ConsoleViewer_Data$Results$Promise {
  pipeline: $.Pipeline<ConsoleViewer_Data$Results>;
  constructor(pipeline: $.Pipeline<ConsoleViewer_Data$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<ConsoleViewer_Data$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class ConsoleViewer_Closed$Params extends $.Struct {
  static readonly _capnp = {
    displayName: "closed$Params",
    id: "99a0ec97183a84d9",
    size: new $.ObjectSize(0, 1),
  };
  get because(): string {
    return $.utils.getText(0, this);
  }
  set because(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "ConsoleViewer_Closed$Params_" + super.toString(); }
}
export class ConsoleViewer_Closed$Results extends $.Struct {
  static readonly _capnp = {
    displayName: "closed$Results",
    id: "9207326cc8101ed2",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "ConsoleViewer_Closed$Results_" + super.toString(); }
}
export class ConsoleViewer_Closed$Results$Promise {
  pipeline: $.Pipeline<ConsoleViewer_Closed$Results>;
  constructor(pipeline: $.Pipeline<ConsoleViewer_Closed$Results>) {
    this.pipeline = pipeline;
  }
  async promise(): Promise<ConsoleViewer_Closed$Results> {
    return await this.pipeline.struct();
  }
  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
}
export class ConsoleViewer$Client {
  client: $.Client;
  static readonly interfaceId: bigint = 0xf9bec231854fd57an;
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
  dup(): ConsoleViewer$Client {
    return $.dup(this);
  }
  static readonly methods: [
    $.Method<ConsoleViewer_Data$Params, ConsoleViewer_Data$Results>,
    $.Method<ConsoleViewer_Closed$Params, ConsoleViewer_Closed$Results>
  ] = [
    {
      ParamsClass: ConsoleViewer_Data$Params,
      ResultsClass: ConsoleViewer_Data$Results,
      interfaceId: ConsoleViewer$Client.interfaceId,
      methodId: 0,
      interfaceName: "node.capnp:ConsoleViewer",
      methodName: "data"
    },
    {
      ParamsClass: ConsoleViewer_Closed$Params,
      ResultsClass: ConsoleViewer_Closed$Results,
      interfaceId: ConsoleViewer$Client.interfaceId,
      methodId: 1,
      interfaceName: "node.capnp:ConsoleViewer",
      methodName: "closed"
    }
  ];
  data(paramsFunc?: (params: ConsoleViewer_Data$Params) => void, options?: $.CallOptions): ConsoleViewer_Data$Results$Promise {
    const answer = this.client.call({
      method: ConsoleViewer$Client.methods[0],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(ConsoleViewer_Data$Results, answer);
    return new ConsoleViewer_Data$Results$Promise(pipeline);
  }
  closed(paramsFunc?: (params: ConsoleViewer_Closed$Params) => void, options?: $.CallOptions): ConsoleViewer_Closed$Results$Promise {
    const answer = this.client.call({
      method: ConsoleViewer$Client.methods[1],
      paramsFunc,
      options
    });
    const pipeline = new $.Pipeline(ConsoleViewer_Closed$Results, answer);
    return new ConsoleViewer_Closed$Results$Promise(pipeline);
  }
}
export interface ConsoleViewer$Server$Target extends Partial<Disposable> {
  data(params: ConsoleViewer_Data$Params, results: ConsoleViewer_Data$Results, context: $.CallContext): Promise<void> | void;
  closed(params: ConsoleViewer_Closed$Params, results: ConsoleViewer_Closed$Results, context: $.CallContext): Promise<void> | void;
}
export class ConsoleViewer$Server extends $.Server {
  constructor(target: ConsoleViewer$Server$Target) {
    super(target, [
      {
        ...ConsoleViewer$Client.methods[0],
        impl: target.data
      },
      {
        ...ConsoleViewer$Client.methods[1],
        impl: target.closed
      }
    ]);
  }
  client(): ConsoleViewer$Client {
    return new ConsoleViewer$Client(this);
  }
}
/**
* Returns when the viewer can take more.
*
*/
export class ConsoleViewer extends $.Interface {
  static readonly Client = ConsoleViewer$Client;
  static readonly Server = ConsoleViewer$Server;
  static readonly _capnp = {
    displayName: "ConsoleViewer",
    id: "f9bec231854fd57a",
    size: new $.ObjectSize(0, 0),
  };
  override toString(): string { return "ConsoleViewer_" + super.toString(); }
}
export const AssignedPhase = {
  RUNNING: 0,
  STOPPED: 1,
  DELETED: 2,
  RELEASED: 3
} as const;
export type AssignedPhase = (typeof AssignedPhase)[keyof typeof AssignedPhase] | $.UnknownMember;
export const StopMode = {
  GRACEFUL: 0,
  FORCED: 1
} as const;
export type StopMode = (typeof StopMode)[keyof typeof StopMode] | $.UnknownMember;
export class Pin extends $.Struct {
  static readonly _capnp = {
    displayName: "Pin",
    id: "cf9f0d9f431eb091",
    size: new $.ObjectSize(0, 2),
  };
  get url(): string {
    return $.utils.getText(0, this);
  }
  set url(value: string) {
    $.utils.setText(0, value, this);
  }
  get sha256(): string {
    return $.utils.getText(1, this);
  }
  set sha256(value: string) {
    $.utils.setText(1, value, this);
  }
  override toString(): string { return "Pin_" + super.toString(); }
}
export class Entry extends $.Struct {
  static readonly _capnp = {
    displayName: "Entry",
    id: "b15b9388e1ae3015",
    size: new $.ObjectSize(40, 5),
  };
  static _Pins: $.ListCtor<Pin>;
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
  get generation(): bigint {
    return $.utils.getUint64(0, this);
  }
  set generation(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "generation");
  }
  get placement(): bigint {
    return $.utils.getUint64(8, this);
  }
  set placement(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "placement");
  }
  get phase(): AssignedPhase {
    return $.utils.getUint16(16, this) as AssignedPhase;
  }
  set phase(value: AssignedPhase) {
    $.utils.setUint16(16, value, this, 0, "phase");
  }
  get paused(): boolean {
    return $.utils.getBit(144, this);
  }
  set paused(value: boolean) {
    $.utils.setBit(144, value, this);
  }
  get run(): bigint {
    return $.utils.getUint64(24, this);
  }
  set run(value: bigint) {
    $.utils.setUint64(24, value, this, 0n, "run");
  }
  get stopMode(): StopMode {
    return $.utils.getUint16(20, this) as StopMode;
  }
  set stopMode(value: StopMode) {
    $.utils.setUint16(20, value, this, 0, "stopMode");
  }
  get specHash(): string {
    return $.utils.getText(2, this);
  }
  set specHash(value: string) {
    $.utils.setText(2, value, this);
  }
  get body(): $.Data {
    return $.utils.getData(3, this);
  }
  _hasBody(): boolean {
    return !$.utils.isNull($.utils.getPointer(3, this));
  }
  _initBody(length: number): $.Data {
    return $.utils.initData(3, length, this);
  }
  set body(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(3, this));
  }
  get pins(): $.List<Pin> {
    return $.utils.getList(4, Entry._Pins, this);
  }
  _hasPins(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  _initPins(length: number): $.List<Pin> {
    return $.utils.initList(4, Entry._Pins, length, this);
  }
  set pins(value: $.List<Pin>) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  get changeRuns(): bigint {
    return $.utils.getUint64(32, this);
  }
  set changeRuns(value: bigint) {
    $.utils.setUint64(32, value, this, 0n, "changeRuns");
  }
  override toString(): string { return "Entry_" + super.toString(); }
}
export class Page extends $.Struct {
  static readonly _capnp = {
    displayName: "Page",
    id: "9e55db996fa9f892",
    size: new $.ObjectSize(0, 2),
  };
  static _Entries: $.ListCtor<Entry>;
  get name(): $.Data {
    return $.utils.getData(0, this);
  }
  _hasName(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initName(length: number): $.Data {
    return $.utils.initData(0, length, this);
  }
  set name(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get entries(): $.List<Entry> {
    return $.utils.getList(1, Page._Entries, this);
  }
  _hasEntries(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initEntries(length: number): $.List<Entry> {
    return $.utils.initList(1, Page._Entries, length, this);
  }
  set entries(value: $.List<Entry>) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Page_" + super.toString(); }
}
export class Assignment extends $.Struct {
  static readonly _capnp = {
    displayName: "Assignment",
    id: "a1a1ef13c07a6cc1",
    size: new $.ObjectSize(8, 6),
  };
  static _Entries: $.ListCtor<Entry>;
  static _Bodies: $.ListCtor<Body>;
  static _Pages: $.ListCtor<Page>;
  get clusterId(): string {
    return $.utils.getText(0, this);
  }
  set clusterId(value: string) {
    $.utils.setText(0, value, this);
  }
  get at(): Revision {
    return $.utils.getStruct(1, Revision, this);
  }
  _hasAt(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initAt(): Revision {
    return $.utils.initStructAt(1, Revision, this);
  }
  set at(value: Revision) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get entries(): $.List<Entry> {
    return $.utils.getList(2, Assignment._Entries, this);
  }
  _hasEntries(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initEntries(length: number): $.List<Entry> {
    return $.utils.initList(2, Assignment._Entries, length, this);
  }
  set entries(value: $.List<Entry>) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get bodies(): $.List<Body> {
    return $.utils.getList(3, Assignment._Bodies, this);
  }
  _hasBodies(): boolean {
    return !$.utils.isNull($.utils.getPointer(3, this));
  }
  _initBodies(length: number): $.List<Body> {
    return $.utils.initList(3, Assignment._Bodies, length, this);
  }
  set bodies(value: $.List<Body>) {
    $.utils.copyFrom(value, $.utils.getPointer(3, this));
  }
  /**
* bodies sent before are to be forgotten
*
*/
  get forget(): boolean {
    return $.utils.getBit(0, this);
  }
  set forget(value: boolean) {
    $.utils.setBit(0, value, this);
  }
  get names(): $.List<$.Data> {
    return $.utils.getList(4, $.DataList, this);
  }
  _hasNames(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  _initNames(length: number): $.List<$.Data> {
    return $.utils.initList(4, $.DataList, length, this);
  }
  set names(value: $.List<$.Data>) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  get pages(): $.List<Page> {
    return $.utils.getList(5, Assignment._Pages, this);
  }
  _hasPages(): boolean {
    return !$.utils.isNull($.utils.getPointer(5, this));
  }
  _initPages(length: number): $.List<Page> {
    return $.utils.initList(5, Assignment._Pages, length, this);
  }
  set pages(value: $.List<Page>) {
    $.utils.copyFrom(value, $.utils.getPointer(5, this));
  }
  override toString(): string { return "Assignment_" + super.toString(); }
}
export const IncarnationState = {
  STARTING: 0,
  RUNNING: 1,
  PAUSED: 2,
  STOPPING: 3,
  STOPPED: 4,
  REBOOTING: 5,
  MIGRATING: 6,
  FAILED: 7,
  DESTROYED: 8
} as const;
export type IncarnationState = (typeof IncarnationState)[keyof typeof IncarnationState] | $.UnknownMember;
export const StopBecause = {
  USER_STOP: 0,
  RUN_SUPERSEDED: 1,
  DELETED: 2,
  UNRESPONSIVE: 3,
  UNWANTED: 4,
  UNHEALTHY: 5,
  UNKNOWN: 6
} as const;
export type StopBecause = (typeof StopBecause)[keyof typeof StopBecause] | $.UnknownMember;
export const GuestState = {
  NONE: 0,
  FROZEN: 1,
  RUNNING: 2,
  PAUSED: 3,
  POWERED_OFF: 4,
  PANICKED: 5,
  INTERNAL_ERROR: 6,
  SILENT: 7,
  UNKNOWN: 8,
  IO_ERROR: 9
} as const;
export type GuestState = (typeof GuestState)[keyof typeof GuestState] | $.UnknownMember;
export const RunEndCause = {
  GUEST_POWER_OFF: 0,
  HOST_REBOOT: 1,
  UNKNOWN: 2
} as const;
export type RunEndCause = (typeof RunEndCause)[keyof typeof RunEndCause] | $.UnknownMember;
export const WaitingFor = {
  IMAGE_DOWNLOAD: 0,
  DISKS: 1,
  HYPERVISOR_MONITOR: 2,
  GUEST_SHUTDOWN: 3,
  PROCESS_EXIT: 4,
  REMOVAL: 5,
  START_SLOT: 6,
  NODE: 7
} as const;
export type WaitingFor = (typeof WaitingFor)[keyof typeof WaitingFor] | $.UnknownMember;
export const Accel = {
  KVM: 0,
  TCG: 1,
  UNKNOWN: 2
} as const;
export type Accel = (typeof Accel)[keyof typeof Accel] | $.UnknownMember;
export const Protocol = {
  TCP: 0,
  UDP: 1
} as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol] | $.UnknownMember;
export const FailureCode = {
  IMAGE_UNAVAILABLE: 0,
  POOL_FULL: 1,
  INSUFFICIENT_RESOURCES: 2,
  NETWORK_UNAVAILABLE: 3,
  VOLUME_UNAVAILABLE: 4,
  REALISATION_FAILED: 5,
  HYPERVISOR_SPAWN_FAILED: 6,
  CHECKSUM_MISMATCH: 7,
  IMAGE_INVALID: 8,
  UNSUPPORTED_FORMAT: 9,
  DISK_TOO_SMALL: 10,
  SCRIPT_FAILED: 11,
  DISK_NOT_MOVABLE: 12,
  HYPERVISOR_EXITED: 13,
  GUEST_PANICKED: 14,
  BOOT_TIMEOUT: 15,
  HEALTH_CHECK_FAILED: 16,
  STOP_TIMEOUT: 17,
  OPERATION_DEADLINE_EXCEEDED: 18,
  MIGRATION_FAILED: 19,
  NO_SUCH_INSTANCE: 20,
  NODE_OFF: 21,
  NODE_EXPUNGED: 22,
  FROM_AGENT: 23,
  PREHISTORIC: 24,
  JOURNAL_CORRUPT: 25
} as const;
export type FailureCode = (typeof FailureCode)[keyof typeof FailureCode] | $.UnknownMember;
export class FailureReason extends $.Struct {
  static readonly _capnp = {
    displayName: "FailureReason",
    id: "9d91c195fef55016",
    size: new $.ObjectSize(24, 3),
  };
  get code(): FailureCode {
    return $.utils.getUint16(0, this) as FailureCode;
  }
  set code(value: FailureCode) {
    $.utils.setUint16(0, value, this, 0, "code");
  }
  /**
* for a reader that does not know the enumerant
*
*/
  get codeName(): string {
    return $.utils.getText(0, this);
  }
  set codeName(value: string) {
    $.utils.setText(0, value, this);
  }
  get message(): string {
    return $.utils.getText(1, this);
  }
  set message(value: string) {
    $.utils.setText(1, value, this);
  }
  get at(): bigint {
    return $.utils.getUint64(8, this);
  }
  set at(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "at");
  }
  /**
* a JSON object
*
*/
  get details(): $.Data {
    return $.utils.getData(2, this);
  }
  _hasDetails(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initDetails(length: number): $.Data {
    return $.utils.initData(2, length, this);
  }
  set details(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  /**
* in a history: how often it came, where it was more than once
*
*/
  get times(): number {
    return $.utils.getUint32(4, this);
  }
  set times(value: number) {
    $.utils.setUint32(4, value, this, 0, "times");
  }
  get lastAt(): bigint {
    return $.utils.getUint64(16, this);
  }
  set lastAt(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "lastAt");
  }
  override toString(): string { return "FailureReason_" + super.toString(); }
}
export class Stopping extends $.Struct {
  static readonly _capnp = {
    displayName: "Stopping",
    id: "b94567e544819607",
    size: new $.ObjectSize(16, 0),
  };
  get because(): StopBecause {
    return $.utils.getUint16(0, this) as StopBecause;
  }
  set because(value: StopBecause) {
    $.utils.setUint16(0, value, this, 0, "because");
  }
  get mode(): StopMode {
    return $.utils.getUint16(2, this) as StopMode;
  }
  set mode(value: StopMode) {
    $.utils.setUint16(2, value, this, 0, "mode");
  }
  get killAt(): bigint {
    return $.utils.getUint64(8, this);
  }
  set killAt(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "killAt");
  }
  override toString(): string { return "Stopping_" + super.toString(); }
}
export class EndCause_Stopped extends $.Struct {
  static readonly _capnp = {
    displayName: "stopped",
    id: "9d70774ea091acc3",
    size: new $.ObjectSize(8, 0),
  };
  get because(): StopBecause {
    return $.utils.getUint16(0, this) as StopBecause;
  }
  set because(value: StopBecause) {
    $.utils.setUint16(0, value, this, 0, "because");
  }
  get forced(): boolean {
    return $.utils.getBit(16, this);
  }
  set forced(value: boolean) {
    $.utils.setBit(16, value, this);
  }
  get graceOver(): boolean {
    return $.utils.getBit(17, this);
  }
  set graceOver(value: boolean) {
    $.utils.setBit(17, value, this);
  }
  override toString(): string { return "EndCause_Stopped_" + super.toString(); }
}
export const EndCause_Which = {
  STOPPED: 0,
  GUEST_POWER_OFF: 1,
  HOST_REBOOT: 2,
  REMOVED: 3
} as const;
export type EndCause_Which = (typeof EndCause_Which)[keyof typeof EndCause_Which] | $.UnknownMember;
export class EndCause extends $.Struct {
  static readonly STOPPED = EndCause_Which.STOPPED;
  static readonly GUEST_POWER_OFF = EndCause_Which.GUEST_POWER_OFF;
  static readonly HOST_REBOOT = EndCause_Which.HOST_REBOOT;
  static readonly REMOVED = EndCause_Which.REMOVED;
  static readonly _capnp = {
    displayName: "EndCause",
    id: "c44272b77360b972",
    size: new $.ObjectSize(8, 0),
  };
  get stopped(): EndCause_Stopped {
    $.utils.testWhich("stopped", $.utils.getUint16(4, this), 0, this);
    return $.utils.getAs(EndCause_Stopped, this);
  }
  _initStopped(): EndCause_Stopped {
    $.utils.setUint16(4, 0, this);
    return $.utils.getAs(EndCause_Stopped, this);
  }
  get _isStopped(): boolean {
    return $.utils.getUint16(4, this) === 0;
  }
  set stopped(_: true) {
    $.utils.setUint16(4, 0, this);
  }
  get _isGuestPowerOff(): boolean {
    return $.utils.getUint16(4, this) === 1;
  }
  set guestPowerOff(_: true) {
    $.utils.setUint16(4, 1, this);
  }
  get _isHostReboot(): boolean {
    return $.utils.getUint16(4, this) === 2;
  }
  set hostReboot(_: true) {
    $.utils.setUint16(4, 2, this);
  }
  get _isRemoved(): boolean {
    return $.utils.getUint16(4, this) === 3;
  }
  set removed(_: true) {
    $.utils.setUint16(4, 3, this);
  }
  override toString(): string { return "EndCause_" + super.toString(); }
  which(): EndCause_Which {
    return $.utils.getUint16(4, this) as EndCause_Which;
  }
}
export class Incarnation extends $.Struct {
  static readonly _capnp = {
    displayName: "Incarnation",
    id: "dd8d6ff266dd2684",
    size: new $.ObjectSize(48, 5),
  };
  get id(): string {
    return $.utils.getText(0, this);
  }
  set id(value: string) {
    $.utils.setText(0, value, this);
  }
  get run(): bigint {
    return $.utils.getUint64(0, this);
  }
  set run(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "run");
  }
  get state(): IncarnationState {
    return $.utils.getUint16(8, this) as IncarnationState;
  }
  set state(value: IncarnationState) {
    $.utils.setUint16(8, value, this, 0, "state");
  }
  get stateGeneration(): bigint {
    return $.utils.getUint64(16, this);
  }
  set stateGeneration(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "stateGeneration");
  }
  get stateSince(): bigint {
    return $.utils.getUint64(24, this);
  }
  set stateSince(value: bigint) {
    $.utils.setUint64(24, value, this, 0n, "stateSince");
  }
  get startedAt(): bigint {
    return $.utils.getUint64(32, this);
  }
  set startedAt(value: bigint) {
    $.utils.setUint64(32, value, this, 0n, "startedAt");
  }
  get startedGeneration(): bigint {
    return $.utils.getUint64(40, this);
  }
  set startedGeneration(value: bigint) {
    $.utils.setUint64(40, value, this, 0n, "startedGeneration");
  }
  get runningHash(): string {
    return $.utils.getText(1, this);
  }
  set runningHash(value: string) {
    $.utils.setText(1, value, this);
  }
  get startedBody(): $.Data {
    return $.utils.getData(2, this);
  }
  _hasStartedBody(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initStartedBody(length: number): $.Data {
    return $.utils.initData(2, length, this);
  }
  set startedBody(value: $.Data | Uint8Array) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get stopping(): Stopping {
    return $.utils.getStruct(3, Stopping, this);
  }
  _hasStopping(): boolean {
    return !$.utils.isNull($.utils.getPointer(3, this));
  }
  _initStopping(): Stopping {
    return $.utils.initStructAt(3, Stopping, this);
  }
  set stopping(value: Stopping) {
    $.utils.copyFrom(value, $.utils.getPointer(3, this));
  }
  get endCause(): EndCause {
    return $.utils.getStruct(4, EndCause, this);
  }
  _hasEndCause(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  _initEndCause(): EndCause {
    return $.utils.initStructAt(4, EndCause, this);
  }
  set endCause(value: EndCause) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  override toString(): string { return "Incarnation_" + super.toString(); }
}
export class Forward extends $.Struct {
  static readonly _capnp = {
    displayName: "Forward",
    id: "f331145d3b576c22",
    size: new $.ObjectSize(8, 1),
  };
  get protocol(): Protocol {
    return $.utils.getUint16(0, this) as Protocol;
  }
  set protocol(value: Protocol) {
    $.utils.setUint16(0, value, this, 0, "protocol");
  }
  get hostIp(): string {
    return $.utils.getText(0, this);
  }
  set hostIp(value: string) {
    $.utils.setText(0, value, this);
  }
  get hostPort(): number {
    return $.utils.getUint16(2, this);
  }
  set hostPort(value: number) {
    $.utils.setUint16(2, value, this, 0, "hostPort");
  }
  get guestPort(): number {
    return $.utils.getUint16(4, this);
  }
  set guestPort(value: number) {
    $.utils.setUint16(4, value, this, 0, "guestPort");
  }
  override toString(): string { return "Forward_" + super.toString(); }
}
export class Nic extends $.Struct {
  static readonly _capnp = {
    displayName: "Nic",
    id: "e0b03523d5b85fbe",
    size: new $.ObjectSize(0, 3),
  };
  static _Forwards: $.ListCtor<Forward>;
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  get mac(): string {
    return $.utils.getText(1, this);
  }
  set mac(value: string) {
    $.utils.setText(1, value, this);
  }
  get forwards(): $.List<Forward> {
    return $.utils.getList(2, Nic._Forwards, this);
  }
  _hasForwards(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initForwards(length: number): $.List<Forward> {
    return $.utils.initList(2, Nic._Forwards, length, this);
  }
  set forwards(value: $.List<Forward>) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  override toString(): string { return "Nic_" + super.toString(); }
}
export class Disk extends $.Struct {
  static readonly _capnp = {
    displayName: "Disk",
    id: "c28e137b9f924c79",
    size: new $.ObjectSize(8, 1),
  };
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  get sizeGib(): number {
    return $.utils.getUint32(0, this);
  }
  set sizeGib(value: number) {
    $.utils.setUint32(0, value, this, 0, "sizeGib");
  }
  override toString(): string { return "Disk_" + super.toString(); }
}
export const UnreadyWhat = {
  DISK_GONE: 0,
  DISK_NOT_MADE: 1,
  IMAGE: 2,
  UNKNOWN: 3,
  DISK_KEPT: 4
} as const;
export type UnreadyWhat = (typeof UnreadyWhat)[keyof typeof UnreadyWhat] | $.UnknownMember;
export class Unready extends $.Struct {
  static readonly _capnp = {
    displayName: "Unready",
    id: "c2920f632a313b47",
    size: new $.ObjectSize(8, 1),
  };
  get what(): UnreadyWhat {
    return $.utils.getUint16(0, this) as UnreadyWhat;
  }
  set what(value: UnreadyWhat) {
    $.utils.setUint16(0, value, this, 0, "what");
  }
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Unready_" + super.toString(); }
}
export const LostHow = {
  GONE: 0,
  REPLACED: 1,
  UNKNOWN: 2
} as const;
export type LostHow = (typeof LostHow)[keyof typeof LostHow] | $.UnknownMember;
export class LostFile extends $.Struct {
  static readonly _capnp = {
    displayName: "LostFile",
    id: "a99157f150acb241",
    size: new $.ObjectSize(8, 1),
  };
  get disk(): string {
    return $.utils.getText(0, this);
  }
  set disk(value: string) {
    $.utils.setText(0, value, this);
  }
  get how(): LostHow {
    return $.utils.getUint16(0, this) as LostHow;
  }
  set how(value: LostHow) {
    $.utils.setUint16(0, value, this, 0, "how");
  }
  override toString(): string { return "LostFile_" + super.toString(); }
}
export const Facts_RootDisk_Which = {
  ABSENT: 0,
  BYTES: 1
} as const;
export type Facts_RootDisk_Which = (typeof Facts_RootDisk_Which)[keyof typeof Facts_RootDisk_Which] | $.UnknownMember;
export class Facts_RootDisk extends $.Struct {
  static readonly ABSENT = Facts_RootDisk_Which.ABSENT;
  static readonly BYTES = Facts_RootDisk_Which.BYTES;
  static readonly _capnp = {
    displayName: "rootDisk",
    id: "e9e9c9588837f173",
    size: new $.ObjectSize(48, 3),
  };
  get _isAbsent(): boolean {
    return $.utils.getUint16(32, this) === 0;
  }
  set absent(_: true) {
    $.utils.setUint16(32, 0, this);
  }
  get bytes(): bigint {
    $.utils.testWhich("bytes", $.utils.getUint16(32, this), 1, this);
    return $.utils.getUint64(40, this);
  }
  get _isBytes(): boolean {
    return $.utils.getUint16(32, this) === 1;
  }
  set bytes(value: bigint) {
    $.utils.setUint64(40, value, this, 0n, "bytes");
    $.utils.setUint16(32, 1, this);
  }
  override toString(): string { return "Facts_RootDisk_" + super.toString(); }
  which(): Facts_RootDisk_Which {
    return $.utils.getUint16(32, this) as Facts_RootDisk_Which;
  }
}
export class Facts extends $.Struct {
  static readonly _capnp = {
    displayName: "Facts",
    id: "df90ea884506a014",
    size: new $.ObjectSize(48, 3),
  };
  static _Disks: $.ListCtor<Disk>;
  static _Nics: $.ListCtor<Nic>;
  static _LostFiles: $.ListCtor<LostFile>;
  get cpuCores(): number {
    return $.utils.getUint32(0, this);
  }
  set cpuCores(value: number) {
    $.utils.setUint32(0, value, this, 0, "cpuCores");
  }
  get memoryMib(): bigint {
    return $.utils.getUint64(8, this);
  }
  set memoryMib(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "memoryMib");
  }
  get cpuCoresMax(): number {
    return $.utils.getUint32(4, this);
  }
  set cpuCoresMax(value: number) {
    $.utils.setUint32(4, value, this, 0, "cpuCoresMax");
  }
  get memoryMaxMib(): bigint {
    return $.utils.getUint64(16, this);
  }
  set memoryMaxMib(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "memoryMaxMib");
  }
  get memoryMinMib(): bigint {
    return $.utils.getUint64(24, this);
  }
  set memoryMinMib(value: bigint) {
    $.utils.setUint64(24, value, this, 0n, "memoryMinMib");
  }
  get disks(): $.List<Disk> {
    return $.utils.getList(0, Facts._Disks, this);
  }
  _hasDisks(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initDisks(length: number): $.List<Disk> {
    return $.utils.initList(0, Facts._Disks, length, this);
  }
  set disks(value: $.List<Disk>) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get rootDisk(): Facts_RootDisk {
    return $.utils.getAs(Facts_RootDisk, this);
  }
  _initRootDisk(): Facts_RootDisk {
    return $.utils.getAs(Facts_RootDisk, this);
  }
  get nics(): $.List<Nic> {
    return $.utils.getList(1, Facts._Nics, this);
  }
  _hasNics(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initNics(length: number): $.List<Nic> {
    return $.utils.initList(1, Facts._Nics, length, this);
  }
  set nics(value: $.List<Nic>) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get accel(): Accel {
    return $.utils.getUint16(34, this) as Accel;
  }
  set accel(value: Accel) {
    $.utils.setUint16(34, value, this, 0, "accel");
  }
  get freePorts(): number {
    return $.utils.getUint32(36, this);
  }
  set freePorts(value: number) {
    $.utils.setUint32(36, value, this, 0, "freePorts");
  }
  get lostFiles(): $.List<LostFile> {
    return $.utils.getList(2, Facts._LostFiles, this);
  }
  _hasLostFiles(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initLostFiles(length: number): $.List<LostFile> {
    return $.utils.initList(2, Facts._LostFiles, length, this);
  }
  set lostFiles(value: $.List<LostFile>) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  override toString(): string { return "Facts_" + super.toString(); }
}
export class StandingFailure extends $.Struct {
  static readonly _capnp = {
    displayName: "StandingFailure",
    id: "ccd171e2f0ea505c",
    size: new $.ObjectSize(16, 1),
  };
  get reason(): FailureReason {
    return $.utils.getStruct(0, FailureReason, this);
  }
  _hasReason(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initReason(): FailureReason {
    return $.utils.initStructAt(0, FailureReason, this);
  }
  set reason(value: FailureReason) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get generation(): bigint {
    return $.utils.getUint64(0, this);
  }
  set generation(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "generation");
  }
  get run(): bigint {
    return $.utils.getUint64(8, this);
  }
  set run(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "run");
  }
  override toString(): string { return "StandingFailure_" + super.toString(); }
}
export class OperationError extends $.Struct {
  static readonly _capnp = {
    displayName: "OperationError",
    id: "ec7f00492c1b3308",
    size: new $.ObjectSize(24, 2),
  };
  get reason(): FailureReason {
    return $.utils.getStruct(0, FailureReason, this);
  }
  _hasReason(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initReason(): FailureReason {
    return $.utils.initStructAt(0, FailureReason, this);
  }
  set reason(value: FailureReason) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get incarnationId(): string {
    return $.utils.getText(1, this);
  }
  set incarnationId(value: string) {
    $.utils.setText(1, value, this);
  }
  get generation(): bigint {
    return $.utils.getUint64(0, this);
  }
  set generation(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "generation");
  }
  get retryAt(): bigint {
    return $.utils.getUint64(8, this);
  }
  set retryAt(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "retryAt");
  }
  get attempt(): number {
    return $.utils.getUint32(16, this);
  }
  set attempt(value: number) {
    $.utils.setUint32(16, value, this, 0, "attempt");
  }
  override toString(): string { return "OperationError_" + super.toString(); }
}
export class RunEnded extends $.Struct {
  static readonly _capnp = {
    displayName: "RunEnded",
    id: "abe485e5cb2c3654",
    size: new $.ObjectSize(24, 0),
  };
  get run(): bigint {
    return $.utils.getUint64(0, this);
  }
  set run(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "run");
  }
  get cause(): RunEndCause {
    return $.utils.getUint16(8, this) as RunEndCause;
  }
  set cause(value: RunEndCause) {
    $.utils.setUint16(8, value, this, 0, "cause");
  }
  get at(): bigint {
    return $.utils.getUint64(16, this);
  }
  set at(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "at");
  }
  override toString(): string { return "RunEnded_" + super.toString(); }
}
export class Waiting extends $.Struct {
  static readonly _capnp = {
    displayName: "Waiting",
    id: "cd25471f4e7aba88",
    size: new $.ObjectSize(24, 1),
  };
  get for(): WaitingFor {
    return $.utils.getUint16(0, this) as WaitingFor;
  }
  set for(value: WaitingFor) {
    $.utils.setUint16(0, value, this, 0, "for");
  }
  get since(): bigint {
    return $.utils.getUint64(8, this);
  }
  set since(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "since");
  }
  get deadline(): bigint {
    return $.utils.getUint64(16, this);
  }
  set deadline(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "deadline");
  }
  get message(): string {
    return $.utils.getText(0, this);
  }
  set message(value: string) {
    $.utils.setText(0, value, this);
  }
  override toString(): string { return "Waiting_" + super.toString(); }
}
export class ResolvedImage extends $.Struct {
  static readonly _capnp = {
    displayName: "ResolvedImage",
    id: "84c90ed7ab2f9100",
    size: new $.ObjectSize(16, 2),
  };
  get url(): string {
    return $.utils.getText(0, this);
  }
  set url(value: string) {
    $.utils.setText(0, value, this);
  }
  get sha256(): string {
    return $.utils.getText(1, this);
  }
  set sha256(value: string) {
    $.utils.setText(1, value, this);
  }
  get sizeBytes(): bigint {
    return $.utils.getUint64(0, this);
  }
  set sizeBytes(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "sizeBytes");
  }
  get resolvedAt(): bigint {
    return $.utils.getUint64(8, this);
  }
  set resolvedAt(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "resolvedAt");
  }
  override toString(): string { return "ResolvedImage_" + super.toString(); }
}
export class HostPort extends $.Struct {
  static readonly _capnp = {
    displayName: "HostPort",
    id: "edf9aea2a3a27443",
    size: new $.ObjectSize(8, 1),
  };
  get forward(): string {
    return $.utils.getText(0, this);
  }
  set forward(value: string) {
    $.utils.setText(0, value, this);
  }
  get port(): number {
    return $.utils.getUint16(0, this);
  }
  set port(value: number) {
    $.utils.setUint16(0, value, this, 0, "port");
  }
  override toString(): string { return "HostPort_" + super.toString(); }
}
export class Unchecked extends $.Struct {
  static readonly _capnp = {
    displayName: "Unchecked",
    id: "881e04481a6efab6",
    size: new $.ObjectSize(0, 2),
  };
  get name(): string {
    return $.utils.getText(0, this);
  }
  set name(value: string) {
    $.utils.setText(0, value, this);
  }
  get because(): string {
    return $.utils.getText(1, this);
  }
  set because(value: string) {
    $.utils.setText(1, value, this);
  }
  override toString(): string { return "Unchecked_" + super.toString(); }
}
export class Health extends $.Struct {
  static readonly _capnp = {
    displayName: "Health",
    id: "892b77a13eb65051",
    size: new $.ObjectSize(8, 2),
  };
  static _Unchecked: $.ListCtor<Unchecked>;
  get passing(): number {
    return $.utils.getUint32(0, this);
  }
  set passing(value: number) {
    $.utils.setUint32(0, value, this, 0, "passing");
  }
  get total(): number {
    return $.utils.getUint32(4, this);
  }
  set total(value: number) {
    $.utils.setUint32(4, value, this, 0, "total");
  }
  get failing(): $.List<string> {
    return $.utils.getList(0, $.TextList, this);
  }
  _hasFailing(): boolean {
    return !$.utils.isNull($.utils.getPointer(0, this));
  }
  _initFailing(length: number): $.List<string> {
    return $.utils.initList(0, $.TextList, length, this);
  }
  set failing(value: $.List<string>) {
    $.utils.copyFrom(value, $.utils.getPointer(0, this));
  }
  get unchecked(): $.List<Unchecked> {
    return $.utils.getList(1, Health._Unchecked, this);
  }
  _hasUnchecked(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initUnchecked(length: number): $.List<Unchecked> {
    return $.utils.initList(1, Health._Unchecked, length, this);
  }
  set unchecked(value: $.List<Unchecked>) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  override toString(): string { return "Health_" + super.toString(); }
}
export class Observation extends $.Struct {
  static readonly _capnp = {
    displayName: "Observation",
    id: "e30a812c90fb8c9c",
    size: new $.ObjectSize(48, 13),
  };
  static _History: $.ListCtor<FailureReason>;
  static _Images: $.ListCtor<ResolvedImage>;
  static _HostPorts: $.ListCtor<HostPort>;
  static _Unready: $.ListCtor<Unready>;
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get placement(): bigint {
    return $.utils.getUint64(0, this);
  }
  set placement(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "placement");
  }
  get seenGeneration(): bigint {
    return $.utils.getUint64(8, this);
  }
  set seenGeneration(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "seenGeneration");
  }
  get observedGeneration(): bigint {
    return $.utils.getUint64(16, this);
  }
  set observedGeneration(value: bigint) {
    $.utils.setUint64(16, value, this, 0n, "observedGeneration");
  }
  get incarnation(): Incarnation {
    return $.utils.getStruct(1, Incarnation, this);
  }
  _hasIncarnation(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initIncarnation(): Incarnation {
    return $.utils.initStructAt(1, Incarnation, this);
  }
  set incarnation(value: Incarnation) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get everRan(): boolean {
    return $.utils.getBit(192, this);
  }
  set everRan(value: boolean) {
    $.utils.setBit(192, value, this);
  }
  get guest(): GuestState {
    return $.utils.getUint16(26, this) as GuestState;
  }
  set guest(value: GuestState) {
    $.utils.setUint16(26, value, this, 0, "guest");
  }
  get silentSince(): bigint {
    return $.utils.getUint64(32, this);
  }
  set silentSince(value: bigint) {
    $.utils.setUint64(32, value, this, 0n, "silentSince");
  }
  get facts(): Facts {
    return $.utils.getStruct(2, Facts, this);
  }
  _hasFacts(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initFacts(): Facts {
    return $.utils.initStructAt(2, Facts, this);
  }
  set facts(value: Facts) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get failure(): StandingFailure {
    return $.utils.getStruct(3, StandingFailure, this);
  }
  _hasFailure(): boolean {
    return !$.utils.isNull($.utils.getPointer(3, this));
  }
  _initFailure(): StandingFailure {
    return $.utils.initStructAt(3, StandingFailure, this);
  }
  set failure(value: StandingFailure) {
    $.utils.copyFrom(value, $.utils.getPointer(3, this));
  }
  get operationError(): OperationError {
    return $.utils.getStruct(4, OperationError, this);
  }
  _hasOperationError(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  _initOperationError(): OperationError {
    return $.utils.initStructAt(4, OperationError, this);
  }
  set operationError(value: OperationError) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  get history(): $.List<FailureReason> {
    return $.utils.getList(5, Observation._History, this);
  }
  _hasHistory(): boolean {
    return !$.utils.isNull($.utils.getPointer(5, this));
  }
  _initHistory(length: number): $.List<FailureReason> {
    return $.utils.initList(5, Observation._History, length, this);
  }
  set history(value: $.List<FailureReason>) {
    $.utils.copyFrom(value, $.utils.getPointer(5, this));
  }
  get restartAttempt(): number {
    return $.utils.getUint32(28, this);
  }
  set restartAttempt(value: number) {
    $.utils.setUint32(28, value, this, 0, "restartAttempt");
  }
  get restartNextAt(): bigint {
    return $.utils.getUint64(40, this);
  }
  set restartNextAt(value: bigint) {
    $.utils.setUint64(40, value, this, 0n, "restartNextAt");
  }
  get runEnded(): RunEnded {
    return $.utils.getStruct(6, RunEnded, this);
  }
  _hasRunEnded(): boolean {
    return !$.utils.isNull($.utils.getPointer(6, this));
  }
  _initRunEnded(): RunEnded {
    return $.utils.initStructAt(6, RunEnded, this);
  }
  set runEnded(value: RunEnded) {
    $.utils.copyFrom(value, $.utils.getPointer(6, this));
  }
  get waiting(): Waiting {
    return $.utils.getStruct(7, Waiting, this);
  }
  _hasWaiting(): boolean {
    return !$.utils.isNull($.utils.getPointer(7, this));
  }
  _initWaiting(): Waiting {
    return $.utils.initStructAt(7, Waiting, this);
  }
  set waiting(value: Waiting) {
    $.utils.copyFrom(value, $.utils.getPointer(7, this));
  }
  get images(): $.List<ResolvedImage> {
    return $.utils.getList(8, Observation._Images, this);
  }
  _hasImages(): boolean {
    return !$.utils.isNull($.utils.getPointer(8, this));
  }
  _initImages(length: number): $.List<ResolvedImage> {
    return $.utils.initList(8, Observation._Images, length, this);
  }
  set images(value: $.List<ResolvedImage>) {
    $.utils.copyFrom(value, $.utils.getPointer(8, this));
  }
  get hostPorts(): $.List<HostPort> {
    return $.utils.getList(9, Observation._HostPorts, this);
  }
  _hasHostPorts(): boolean {
    return !$.utils.isNull($.utils.getPointer(9, this));
  }
  _initHostPorts(length: number): $.List<HostPort> {
    return $.utils.initList(9, Observation._HostPorts, length, this);
  }
  set hostPorts(value: $.List<HostPort>) {
    $.utils.copyFrom(value, $.utils.getPointer(9, this));
  }
  get health(): Health {
    return $.utils.getStruct(10, Health, this);
  }
  _hasHealth(): boolean {
    return !$.utils.isNull($.utils.getPointer(10, this));
  }
  _initHealth(): Health {
    return $.utils.initStructAt(10, Health, this);
  }
  set health(value: Health) {
    $.utils.copyFrom(value, $.utils.getPointer(10, this));
  }
  /**
* in answers of `Node`, which stand alone
*
*/
  get body(): Body {
    return $.utils.getStruct(11, Body, this);
  }
  _hasBody(): boolean {
    return !$.utils.isNull($.utils.getPointer(11, this));
  }
  _initBody(): Body {
    return $.utils.initStructAt(11, Body, this);
  }
  set body(value: Body) {
    $.utils.copyFrom(value, $.utils.getPointer(11, this));
  }
  get unready(): $.List<Unready> {
    return $.utils.getList(12, Observation._Unready, this);
  }
  _hasUnready(): boolean {
    return !$.utils.isNull($.utils.getPointer(12, this));
  }
  _initUnready(length: number): $.List<Unready> {
    return $.utils.initList(12, Observation._Unready, length, this);
  }
  set unready(value: $.List<Unready>) {
    $.utils.copyFrom(value, $.utils.getPointer(12, this));
  }
  override toString(): string { return "Observation_" + super.toString(); }
}
export class Metrics_Counters extends $.Struct {
  static readonly _capnp = {
    displayName: "counters",
    id: "c7c2b2ca3489dae5",
    size: new $.ObjectSize(72, 1),
  };
  get cpuUsage(): number {
    return $.utils.getFloat64(16, this);
  }
  set cpuUsage(value: number) {
    $.utils.setFloat64(16, value, this);
  }
  get memoryUsedMib(): bigint {
    return $.utils.getUint64(24, this);
  }
  set memoryUsedMib(value: bigint) {
    $.utils.setUint64(24, value, this, 0n, "memoryUsedMib");
  }
  get diskReadBytes(): bigint {
    return $.utils.getUint64(32, this);
  }
  set diskReadBytes(value: bigint) {
    $.utils.setUint64(32, value, this, 0n, "diskReadBytes");
  }
  get diskWriteBytes(): bigint {
    return $.utils.getUint64(40, this);
  }
  set diskWriteBytes(value: bigint) {
    $.utils.setUint64(40, value, this, 0n, "diskWriteBytes");
  }
  get uptimeSeconds(): bigint {
    return $.utils.getUint64(48, this);
  }
  set uptimeSeconds(value: bigint) {
    $.utils.setUint64(48, value, this, 0n, "uptimeSeconds");
  }
  get netKnown(): boolean {
    return $.utils.getBit(80, this);
  }
  set netKnown(value: boolean) {
    $.utils.setBit(80, value, this);
  }
  get netRxBytes(): bigint {
    return $.utils.getUint64(56, this);
  }
  set netRxBytes(value: bigint) {
    $.utils.setUint64(56, value, this, 0n, "netRxBytes");
  }
  get netTxBytes(): bigint {
    return $.utils.getUint64(64, this);
  }
  set netTxBytes(value: bigint) {
    $.utils.setUint64(64, value, this, 0n, "netTxBytes");
  }
  override toString(): string { return "Metrics_Counters_" + super.toString(); }
}
export const Metrics_Which = {
  GONE: 0,
  COUNTERS: 1
} as const;
export type Metrics_Which = (typeof Metrics_Which)[keyof typeof Metrics_Which] | $.UnknownMember;
export class Metrics extends $.Struct {
  static readonly GONE = Metrics_Which.GONE;
  static readonly COUNTERS = Metrics_Which.COUNTERS;
  static readonly _capnp = {
    displayName: "Metrics",
    id: "8e0224a7fe68b2b8",
    size: new $.ObjectSize(72, 1),
  };
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get observedAt(): bigint {
    return $.utils.getUint64(0, this);
  }
  set observedAt(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "observedAt");
  }
  get _isGone(): boolean {
    return $.utils.getUint16(8, this) === 0;
  }
  set gone(_: true) {
    $.utils.setUint16(8, 0, this);
  }
  get counters(): Metrics_Counters {
    $.utils.testWhich("counters", $.utils.getUint16(8, this), 1, this);
    return $.utils.getAs(Metrics_Counters, this);
  }
  _initCounters(): Metrics_Counters {
    $.utils.setUint16(8, 1, this);
    return $.utils.getAs(Metrics_Counters, this);
  }
  get _isCounters(): boolean {
    return $.utils.getUint16(8, this) === 1;
  }
  set counters(_: true) {
    $.utils.setUint16(8, 1, this);
  }
  override toString(): string { return "Metrics_" + super.toString(); }
  which(): Metrics_Which {
    return $.utils.getUint16(8, this) as Metrics_Which;
  }
}
/**
* `order`: what was ordered of it last, offered for adoption (absent: it is not).
*
*/
export const UnassignedState = {
  RUNNING: 0,
  LEFTOVER: 1
} as const;
export type UnassignedState = (typeof UnassignedState)[keyof typeof UnassignedState] | $.UnknownMember;
export class Unassigned extends $.Struct {
  static readonly _capnp = {
    displayName: "Unassigned",
    id: "8e4b4931b9441a9d",
    size: new $.ObjectSize(8, 3),
  };
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
  get state(): UnassignedState {
    return $.utils.getUint16(0, this) as UnassignedState;
  }
  set state(value: UnassignedState) {
    $.utils.setUint16(0, value, this, 0, "state");
  }
  get order(): Entry {
    return $.utils.getStruct(2, Entry, this);
  }
  _hasOrder(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initOrder(): Entry {
    return $.utils.initStructAt(2, Entry, this);
  }
  set order(value: Entry) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  override toString(): string { return "Unassigned_" + super.toString(); }
}
export class Event extends $.Struct {
  static readonly _capnp = {
    displayName: "Event",
    id: "de917a4c432123d6",
    size: new $.ObjectSize(8, 3),
  };
  get at(): bigint {
    return $.utils.getUint64(0, this);
  }
  set at(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "at");
  }
  get uid(): string {
    return $.utils.getText(0, this);
  }
  set uid(value: string) {
    $.utils.setText(0, value, this);
  }
  get code(): string {
    return $.utils.getText(1, this);
  }
  set code(value: string) {
    $.utils.setText(1, value, this);
  }
  get message(): string {
    return $.utils.getText(2, this);
  }
  set message(value: string) {
    $.utils.setText(2, value, this);
  }
  override toString(): string { return "Event_" + super.toString(); }
}
export class Report extends $.Struct {
  static readonly _capnp = {
    displayName: "Report",
    id: "8d19ed5ca5653bd2",
    size: new $.ObjectSize(24, 8),
  };
  static _Instances: $.ListCtor<Observation>;
  static _Metrics: $.ListCtor<Metrics>;
  static _Unassigned: $.ListCtor<Unassigned>;
  static _Events: $.ListCtor<Event>;
  static _Bodies: $.ListCtor<Body>;
  get session(): string {
    return $.utils.getText(0, this);
  }
  set session(value: string) {
    $.utils.setText(0, value, this);
  }
  get sequence(): bigint {
    return $.utils.getUint64(0, this);
  }
  set sequence(value: bigint) {
    $.utils.setUint64(0, value, this, 0n, "sequence");
  }
  get sentAt(): bigint {
    return $.utils.getUint64(8, this);
  }
  set sentAt(value: bigint) {
    $.utils.setUint64(8, value, this, 0n, "sentAt");
  }
  get seen(): Revision {
    return $.utils.getStruct(1, Revision, this);
  }
  _hasSeen(): boolean {
    return !$.utils.isNull($.utils.getPointer(1, this));
  }
  _initSeen(): Revision {
    return $.utils.initStructAt(1, Revision, this);
  }
  set seen(value: Revision) {
    $.utils.copyFrom(value, $.utils.getPointer(1, this));
  }
  get full(): boolean {
    return $.utils.getBit(128, this);
  }
  set full(value: boolean) {
    $.utils.setBit(128, value, this);
  }
  get instances(): $.List<Observation> {
    return $.utils.getList(2, Report._Instances, this);
  }
  _hasInstances(): boolean {
    return !$.utils.isNull($.utils.getPointer(2, this));
  }
  _initInstances(length: number): $.List<Observation> {
    return $.utils.initList(2, Report._Instances, length, this);
  }
  set instances(value: $.List<Observation>) {
    $.utils.copyFrom(value, $.utils.getPointer(2, this));
  }
  get metrics(): $.List<Metrics> {
    return $.utils.getList(3, Report._Metrics, this);
  }
  _hasMetrics(): boolean {
    return !$.utils.isNull($.utils.getPointer(3, this));
  }
  _initMetrics(length: number): $.List<Metrics> {
    return $.utils.initList(3, Report._Metrics, length, this);
  }
  set metrics(value: $.List<Metrics>) {
    $.utils.copyFrom(value, $.utils.getPointer(3, this));
  }
  get removed(): $.List<string> {
    return $.utils.getList(4, $.TextList, this);
  }
  _hasRemoved(): boolean {
    return !$.utils.isNull($.utils.getPointer(4, this));
  }
  _initRemoved(length: number): $.List<string> {
    return $.utils.initList(4, $.TextList, length, this);
  }
  set removed(value: $.List<string>) {
    $.utils.copyFrom(value, $.utils.getPointer(4, this));
  }
  get unassigned(): $.List<Unassigned> {
    return $.utils.getList(5, Report._Unassigned, this);
  }
  _hasUnassigned(): boolean {
    return !$.utils.isNull($.utils.getPointer(5, this));
  }
  _initUnassigned(length: number): $.List<Unassigned> {
    return $.utils.initList(5, Report._Unassigned, length, this);
  }
  set unassigned(value: $.List<Unassigned>) {
    $.utils.copyFrom(value, $.utils.getPointer(5, this));
  }
  get events(): $.List<Event> {
    return $.utils.getList(6, Report._Events, this);
  }
  _hasEvents(): boolean {
    return !$.utils.isNull($.utils.getPointer(6, this));
  }
  _initEvents(length: number): $.List<Event> {
    return $.utils.initList(6, Report._Events, length, this);
  }
  set events(value: $.List<Event>) {
    $.utils.copyFrom(value, $.utils.getPointer(6, this));
  }
  get bodies(): $.List<Body> {
    return $.utils.getList(7, Report._Bodies, this);
  }
  _hasBodies(): boolean {
    return !$.utils.isNull($.utils.getPointer(7, this));
  }
  _initBodies(length: number): $.List<Body> {
    return $.utils.initList(7, Report._Bodies, length, this);
  }
  set bodies(value: $.List<Body>) {
    $.utils.copyFrom(value, $.utils.getPointer(7, this));
  }
  get forget(): boolean {
    return $.utils.getBit(129, this);
  }
  set forget(value: boolean) {
    $.utils.setBit(129, value, this);
  }
  override toString(): string { return "Report_" + super.toString(); }
}
Hello._Runtimes = $.CompositeList(RuntimeInfo);
Entry._Pins = $.CompositeList(Pin);
Page._Entries = $.CompositeList(Entry);
Assignment._Entries = $.CompositeList(Entry);
Assignment._Bodies = $.CompositeList(Body);
Assignment._Pages = $.CompositeList(Page);
Nic._Forwards = $.CompositeList(Forward);
Facts._Disks = $.CompositeList(Disk);
Facts._Nics = $.CompositeList(Nic);
Facts._LostFiles = $.CompositeList(LostFile);
Health._Unchecked = $.CompositeList(Unchecked);
Observation._History = $.CompositeList(FailureReason);
Observation._Images = $.CompositeList(ResolvedImage);
Observation._HostPorts = $.CompositeList(HostPort);
Observation._Unready = $.CompositeList(Unready);
Report._Instances = $.CompositeList(Observation);
Report._Metrics = $.CompositeList(Metrics);
Report._Unassigned = $.CompositeList(Unassigned);
Report._Events = $.CompositeList(Event);
Report._Bodies = $.CompositeList(Body);
