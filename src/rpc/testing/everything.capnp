@0xd4c3b2a190807060;
# One of everything the schema language has, for the tests of src/rpc. The C++ peers of the tests are compiled from it.

enum Color { red @0; green @1; blue @2; }
enum OldColor { red @0; green @1; }

const answerToAll :UInt32 = 42;
const greeting :Text = "hello";

struct Inner {
  small @0 :UInt8 = 3;
  label @1 :Text = "unnamed";
  numbers @2 :List(Int64) = [1, 2, 3];
}

struct Box(T) { value @0 :T; }

struct Thing {
  id @0 :UInt64;
  name @1 :Text;
  inners @2 :List(Inner);
  nested @3 :List(List(Text));
  color @4 :Color = green;
  union {
    none @5 :Void;
    number @6 :Int32 = -5;
    text @7 :Text;
    point :group { x @8 :Int16; y @9 :Float64 = 1.5; }
  }
  any @10 :AnyPointer;
  data @11 :Data;
  flag @12 :Bool = true;
  choice :union { empty @13 :Void; inner @14 :Inner; }
  inner @15 :Inner = (small = 7, label = "given");
  box @16 :Box(Text);
  sink @17 :Sink;
  colors @18 :List(Color);
  sinks @19 :List(Sink);
  bools @20 :List(Bool);
  boxed @21 :Box(Inner);
  i8 @22 :Int8 = -8; i16 @23 :Int16 = -16; i64 @24 :Int64 = -64;
  u16 @25 :UInt16 = 16; f32 @26 :Float32 = 0.5; u32 @27 :UInt32 = 4000000000;
  datas @28 :List(Data);
  floats @29 :List(Float64);
}

# What an older program knows of Thing: fewer fields, fewer colours.
struct OldThing { id @0 :UInt64; name @1 :Text; }
struct ColorBox { color @0 :Color; }
struct OldColorBox { color @0 :OldColor; }

interface Sink { put @0 (n :UInt32) -> (total :UInt32); }

interface Stream { write @0 (chunk :Data) -> stream; done @1 () -> (bytes :UInt64); }

interface Labelled { label @0 () -> (text :Text); }
interface Resettable { reset @0 (to :UInt32) -> (); }
interface Counter extends(Labelled, Resettable) { next @0 () -> (n :UInt32); }

interface Everything {
  empty @0 () -> ();
  echoThing @1 (thing :Thing) -> (thing :Thing);
  # A new object; `name` is what its whoAmI answers.
  open @2 (name :Text) -> (child :Everything);
  whoAmI @3 () -> (name :Text);
  # Calls sink.put(n) `count` times, in order, and answers the last total.
  feed @4 (sink :Sink, count :UInt32) -> (total :UInt32);
  # Hands a capability back.
  echoSink @5 (sink :Sink) -> (sink :Sink);
  # Fails with the type of this number (0 failed, 1 overloaded, 2 disconnected, 3 unimplemented).
  fail @6 (type :UInt16, reason :Text) -> ();
  # Never returns until canceled.
  hang @7 () -> ();
  # Calls of hang that were canceled so far.
  canceledCount @8 () -> (count :UInt32);
  # Keeps a capability, to be called later with poke.
  keep @9 (sink :Sink) -> ();
  poke @10 (n :UInt32) -> (total :UInt32);
  drop @11 () -> ();
  echoAny @12 (any :AnyPointer) -> (any :AnyPointer);
  echoGeneric @13 [T] (value :T) -> (value :T);
  echoColor @14 ColorBox -> ColorBox;
  openStream @15 () -> (stream :Stream);
  # A promise of a capability that resolves to `sink` once release is called.
  holdSink @16 (sink :Sink) -> (later :Sink);
  releaseHeld @17 () -> ();
  # Calls a method this side does not know of.
  notThere @18 () -> ();
  # Answers after a callback to the caller, so that both directions are busy.
  echoSinkLater @19 (sink :Sink) -> (sink :Sink);
  # An object with methods of its own and of two parents.
  openCounter @20 (label :Text) -> (counter :Counter);
}

# Same place, older knowledge: used to call methods that are not implemented.
interface Stranger { nobody @0 () -> (); }
