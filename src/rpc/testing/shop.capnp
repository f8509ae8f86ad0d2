@0x9eb32e19f86ee174;
# What schemas of other people hold: everything the generator has to cope with that everything.capnp does not have.

using Common = import "common.capnp";
annotation note(struct, field) :Text;

const maxItems :UInt16 = 500;
const pi :Float64 = 3.25;
const big :UInt64 = 12345678901234567890;
const ok :Bool = true;
const name :Text = "shop";
const origin :Point = (x = 1, y = -2);
const primes :List(UInt32) = [2, 3, 5];

struct Point { x @0 :Int32; y @1 :Int32; }

struct Map(K, V) {
  entries @0 :List(Entry);
  struct Entry { key @0 :K; value @1 :V; }
}

struct Item $note("thing") {
  id @0 :UInt32;
  price @1 :Common.Money;
  level @2 :Common.Level = mid;
  kind :union {
    book :group { pages @3 :UInt16; isbn @4 :Text; }
    food @5 :Food;
    other @6 :Void;
  }
  enum Shape { round @0; flat @1; }
  shape @7 :Shape;
  struct Food { kcal @0 :Float32; tags @1 :List(Text); }
  matrix @8 :List(List(Int32));
  attrs @9 :Map(Text, Data);
  constructor @10 :Text;
  message @11 :Text;
  segment @12 :UInt8;
  points @13 :List(Point) = [(x = 1), (y = 2)];
  self @14 :Item;
  flags @15 :List(Bool);
  any @16 :AnyPointer;
  anyStruct @17 :AnyStruct;
  anyList @18 :AnyList;
  cap @19 :Capability;
  class @20 :Text;
  default @21 :Int8 = -1; toString @22 :Text;
}

interface Shop {
  list @0 (first :UInt32 = 10, filter :Filter) -> (items :List(Item), more :Bool);
  order @1 Item -> Receipt;
  watch @2 (observer :Observer(Item)) -> (handle :Handle);
  basket @3 () -> (basket :Basket);
  close @4 () -> ();
  call @5 (client :Text) -> (target :Text);
  put @6 [T] (key :Text, value :T) -> (old :T);

  struct Filter { union { all @0 :Void; level @1 :Common.Level; text @2 :Text; } }
  struct Receipt { id @0 :Data; total @1 :Common.Money; shop @2 :Shop; }
  interface Handle { cancel @0 () -> (); }
  interface Observer(T) { seen @0 (what :T) -> stream; done @1 () -> (); }
}

interface Basket {
  add @0 (item :Item) -> (count :UInt32);
  pay @1 () -> (receipt :Shop.Receipt);
  interface Sub { hello @0 () -> (basket :Basket); }
}
interface Big extends(Shop, Basket) { both @0 () -> (); }
