@0xc1b2a39485760718;
# What the benchmark of src/rpc sends: nothing, a node's heartbeat with its VMs, an assignment of VM specifications.

struct VmState {
  uid @0 :Text;
  phase @1 :UInt16;
  generation @2 :UInt64;
  observedGeneration @3 :UInt64;
  cpuUsage @4 :Float32;
  memoryUsedMib @5 :UInt32;
  running @6 :Bool;
}

struct Heartbeat {
  node @0 :Text;
  sequence @1 :UInt64;
  vms @2 :List(VmState);
}

struct Label { key @0 :Text; value @1 :Text; }

struct VmSpec {
  uid @0 :Text;
  name @1 :Text;
  specHash @2 :Text;
  image @3 :Text;
  cpuCores @4 :UInt16;
  memoryMib @5 :UInt32;
  labels @6 :List(Label);
}

struct Assignment {
  revision @0 :UInt64;
  specs @1 :List(VmSpec);
}

interface Bench {
  empty @0 () -> ();
  heartbeat @1 Heartbeat -> (leaseMs :UInt32, checksum :UInt64);
  # Encoded anew for each call.
  assignment @2 (lastSeen :UInt64) -> (assignment :Assignment);
  # Encoded once and sent again and again.
  cachedAssignment @3 (lastSeen :UInt64) -> (assignment :Assignment);
}
