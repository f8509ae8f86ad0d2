@0xbf5147cbbecf40c1;
# Imported by shop.capnp.
struct Money { units @0 :Int64; currency @1 :Text = "EUR"; }
enum Level { low @0; mid @1; high @2; }
interface Closeable { close @0 () -> (); }
