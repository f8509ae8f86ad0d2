@0xe1c3a5f7092b4d6e;
# The link between a node's agent and the control plane. The agent dials, bootstraps `Control` and connects once; the
# control plane calls back through the `Node` it was given, so a node needs no listening port.
#
# Versions meet here. Fields and enumerants are only ever added at the end. A reader that does not know an enumerant gets
# its number and must not take it for another one. Times are milliseconds since 1970, 0 = none; empty text = absent. Refusals travel as `fault`
# in the results (null = none), so that code, retry and details survive; exceptions are for what the link itself breaks.

enum Retry { never @0; later @1; now @2; }

struct Fault {
  code @0 :Text;
  message @1 :Text;
  retry @2 :Retry;
  details @3 :Data;  # a JSON object
}

struct Revision { epoch @0 :UInt64; revision @1 :UInt64; }

# A specification as JSON, named by the first 16 bytes of its sha256. Sent once in a session and direction.
struct Body { hash @0 :Data; json @1 :Data; }

struct RuntimeInfo {
  kind @0 :Text;
  version @1 :Text;
  accel @2 :Text;
  accelBecause @3 :Text;
}

struct Hello {
  node @0 :Text;
  clusterId @1 :Text;  # absent before the first connection ever
  session @2 :Text;
  agentVersion @3 :Text;
  bootId @4 :Text;
  cpuCores @5 :UInt32;
  memoryMib @6 :UInt64;
  runtimes @7 :List(RuntimeInfo);
  have @8 :List(Data);  # hashes of bodies the node holds already
  takesPages @9 :Bool;  # assignments may come as pages
}

interface Control {
  connect @0 (hello :Hello, node :Node)
    -> (session :Session, clusterId :Text, heartbeatMs :UInt32, fault :Fault);
}

interface Session {
  # Hangs until there is an assignment newer than `lastSeen` (absent: any).
  getAssignment @0 (lastSeen :Revision) -> (assignment :Assignment, fault :Fault);
  report @1 (report :Report) -> (fault :Fault);
}

interface Node {
  converge @0 (uid :Text, generation :UInt64) -> (observation :Observation, fault :Fault);
  reset @1 (uid :Text) -> (observation :Observation, fault :Fault);
  # Releasing the console closes it.
  openConsole @2 (uid :Text, scrollbackBytes :UInt32, viewer :ConsoleViewer)
    -> (console :Console, incarnationId :Text, fault :Fault, historyBytes :UInt32);
  readLog @3 (uid :Text, maxBytes :UInt32) -> (log :Data, fault :Fault);
}

interface Console { write @0 (bytes :Data) -> (fault :Fault); }

interface ConsoleViewer {
  # Returns when the viewer can take more.
  data @0 (bytes :Data) -> ();
  closed @1 (because :Text) -> ();
}

# --- what a node must run ---------------------------------------------------------------------------------------------

enum AssignedPhase { running @0; stopped @1; deleted @2; released @3; }
enum StopMode { graceful @0; forced @1; }

struct Pin { url @0 :Text; sha256 @1 :Text; }

struct Entry {
  uid @0 :Text;
  name @1 :Text;
  generation @2 :UInt64;
  placement @3 :UInt64;
  phase @4 :AssignedPhase;
  paused @5 :Bool;
  run @6 :UInt64;
  stopMode @7 :StopMode;
  specHash @8 :Text;
  body @9 :Data;
  pins @10 :List(Pin);
  changeRuns @11 :UInt64;
}

# A run of entries, named by a hash of all they say. The name is the sender's: equal names say the same.
struct Page { name @0 :Data; entries @1 :List(Entry); }

# Always the whole set: every page of it is named in order. Pages and bodies are sent only where the node lacks them; it
# holds the pages of the assignment before it in the same session. A node that did not say that it takes pages gets every
# entry by itself.
struct Assignment {
  clusterId @0 :Text;
  at @1 :Revision;
  entries @2 :List(Entry);
  bodies @3 :List(Body);
  forget @4 :Bool;  # bodies sent before are to be forgotten
  names @5 :List(Data);
  pages @6 :List(Page);
}

# --- what a node saw --------------------------------------------------------------------------------------------------

# `creating` is told as `starting`, `unwound` as `destroyed`: what a process never came of is nobody else's business.
enum IncarnationState {
  starting @0; running @1; paused @2; stopping @3; stopped @4; rebooting @5; migrating @6; failed @7; destroyed @8;
}

enum StopBecause { userStop @0; runSuperseded @1; deleted @2; unresponsive @3; unwanted @4; unhealthy @5; unknown @6; }
enum GuestState {
  none @0; frozen @1; running @2; paused @3; poweredOff @4; panicked @5; internalError @6; silent @7; unknown @8;
  ioError @9;
}
enum RunEndCause { guestPowerOff @0; hostReboot @1; unknown @2; }
enum WaitingFor {
  imageDownload @0; disks @1; hypervisorMonitor @2; guestShutdown @3; processExit @4; removal @5; startSlot @6; node @7;
}
enum Accel { kvm @0; tcg @1; unknown @2; }
enum Protocol { tcp @0; udp @1; }

enum FailureCode {
  imageUnavailable @0; poolFull @1; insufficientResources @2; networkUnavailable @3; volumeUnavailable @4;
  realisationFailed @5; hypervisorSpawnFailed @6; checksumMismatch @7; imageInvalid @8; unsupportedFormat @9;
  diskTooSmall @10; scriptFailed @11; diskNotMovable @12; hypervisorExited @13; guestPanicked @14; bootTimeout @15;
  healthCheckFailed @16; stopTimeout @17; operationDeadlineExceeded @18; migrationFailed @19; noSuchInstance @20;
  nodeOff @21; nodeExpunged @22; fromAgent @23; prehistoric @24; journalCorrupt @25;
}

struct FailureReason {
  code @0 :FailureCode;
  codeName @1 :Text;  # for a reader that does not know the enumerant
  message @2 :Text;
  at @3 :UInt64;
  details @4 :Data;  # a JSON object
  times @5 :UInt32;  # in a history: how often it came, where it was more than once
  lastAt @6 :UInt64;
}

struct Stopping { because @0 :StopBecause; mode @1 :StopMode; killAt @2 :UInt64; }

struct EndCause {
  union {
    stopped :group { because @0 :StopBecause; forced @1 :Bool; graceOver @5 :Bool; }
    guestPowerOff @2 :Void;
    hostReboot @3 :Void;
    removed @4 :Void;
  }
}

struct Incarnation {
  id @0 :Text;
  run @1 :UInt64;
  state @2 :IncarnationState;
  stateGeneration @3 :UInt64;
  stateSince @4 :UInt64;
  startedAt @5 :UInt64;
  startedGeneration @6 :UInt64;
  runningHash @7 :Text;
  startedBody @8 :Data;
  stopping @9 :Stopping;
  endCause @10 :EndCause;
}

struct Forward { protocol @0 :Protocol; hostIp @1 :Text; hostPort @2 :UInt16; guestPort @3 :UInt16; }
struct Nic { name @0 :Text; mac @1 :Text; forwards @2 :List(Forward); }
struct Disk { name @0 :Text; sizeGib @1 :UInt32; }

enum UnreadyWhat { diskGone @0; diskNotMade @1; image @2; unknown @3; diskKept @4; }
struct Unready { what @0 :UnreadyWhat; name @1 :Text; }

enum LostHow { gone @0; replaced @1; unknown @2; }
struct LostFile { disk @0 :Text; how @1 :LostHow; }

struct Facts {
  cpuCores @0 :UInt32;
  memoryMib @1 :UInt64;
  cpuCoresMax @2 :UInt32;
  memoryMaxMib @3 :UInt64;
  memoryMinMib @4 :UInt64;
  disks @5 :List(Disk);
  rootDisk :union { absent @6 :Void; bytes @7 :UInt64; }
  nics @8 :List(Nic);
  accel @9 :Accel;
  freePorts @10 :UInt32;
  lostFiles @11 :List(LostFile);
}

struct StandingFailure { reason @0 :FailureReason; generation @1 :UInt64; run @2 :UInt64; }

struct OperationError {
  reason @0 :FailureReason;
  incarnationId @1 :Text;
  generation @2 :UInt64;
  retryAt @3 :UInt64;
  attempt @4 :UInt32;
}

struct RunEnded { run @0 :UInt64; cause @1 :RunEndCause; at @2 :UInt64; }
struct Waiting { for @0 :WaitingFor; since @1 :UInt64; deadline @2 :UInt64; message @3 :Text; }
struct ResolvedImage { url @0 :Text; sha256 @1 :Text; sizeBytes @2 :UInt64; resolvedAt @3 :UInt64; }
struct HostPort { forward @0 :Text; port @1 :UInt16; }
struct Unchecked { name @0 :Text; because @1 :Text; }
struct Health { passing @0 :UInt32; total @1 :UInt32; failing @2 :List(Text); unchecked @3 :List(Unchecked); }

struct Observation {
  uid @0 :Text;
  placement @1 :UInt64;
  seenGeneration @2 :UInt64;
  observedGeneration @3 :UInt64;
  incarnation @4 :Incarnation;
  everRan @5 :Bool;
  guest @6 :GuestState;
  silentSince @7 :UInt64;
  facts @8 :Facts;
  failure @9 :StandingFailure;
  operationError @10 :OperationError;
  history @11 :List(FailureReason);
  restartAttempt @12 :UInt32;
  restartNextAt @13 :UInt64;
  runEnded @14 :RunEnded;
  waiting @15 :Waiting;
  images @16 :List(ResolvedImage);
  hostPorts @17 :List(HostPort);
  health @18 :Health;
  body @19 :Body;  # in answers of `Node`, which stand alone
  unready @20 :List(Unready);
}

struct Metrics {
  uid @0 :Text;
  observedAt @1 :UInt64;
  union {
    gone @2 :Void;
    counters :group {
      cpuUsage @3 :Float64;
      memoryUsedMib @4 :UInt64;
      diskReadBytes @5 :UInt64;
      diskWriteBytes @6 :UInt64;
      uptimeSeconds @7 :UInt64;
      netKnown @8 :Bool;
      netRxBytes @9 :UInt64;
      netTxBytes @10 :UInt64;
    }
  }
}

enum UnassignedState { running @0; leftover @1; }
# `order`: what was ordered of it last, offered for adoption (absent: it is not).
struct Unassigned { uid @0 :Text; name @1 :Text; state @2 :UnassignedState; order @3 :Entry; }
struct Event { at @0 :UInt64; uid @1 :Text; code @2 :Text; message @3 :Text; }

struct Report {
  session @0 :Text;
  sequence @1 :UInt64;
  sentAt @2 :UInt64;
  seen @3 :Revision;
  full @4 :Bool;
  instances @5 :List(Observation);
  metrics @6 :List(Metrics);
  removed @7 :List(Text);
  unassigned @8 :List(Unassigned);
  events @9 :List(Event);
  bodies @10 :List(Body);
  forget @11 :Bool;
}
