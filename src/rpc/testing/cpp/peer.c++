// peer server ADDRESS [CERT KEY]     serves everything.capnp, says "ready" on stdout; SIGTERM ends it in good order
// peer client ADDRESS SCENARIO [N [CERT]]   (CERT: speaks TLS and trusts it) runs a scenario against a server, exits 0 when all of it held
#include <kj/async-unix.h>
#include <kj/compat/tls.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <random>

#include "everything-server.h"

class SinkImpl final : public Sink::Server {
 public:
  explicit SinkImpl(kj::Vector<uint32_t>& seen) : seen(seen) {}
  kj::Promise<void> put(PutContext context) override {
    seen.add(context.getParams().getN());
    context.getResults().setTotal(seen.size());
    return kj::READY_NOW;
  }

 private:
  kj::Vector<uint32_t>& seen;
};

static void expectOrder(kj::Vector<uint32_t>& seen, uint32_t from, uint32_t count) {
  KJ_REQUIRE(seen.size() == count, "calls lost or doubled", seen.size(), count);
  for (uint32_t i = 0; i < count; i++) KJ_REQUIRE(seen[i] == from + i, "calls out of order", i, seen[i]);
}

static kj::Promise<void> put(Sink::Client sink, uint32_t n) {
  auto request = sink.putRequest();
  request.setN(n);
  return request.send().ignoreResult();
}

struct Scenario {
  Everything::Client root;
  kj::WaitScope& wait;
  kj::Timer& timer;
  uint32_t n;

  void values() {
    auto request = root.echoThingRequest();
    auto thing = request.initThing();
    thing.setId(0xfedcba9876543210ull);
    thing.setName("n\xc3\xa4me");
    auto inners = thing.initInners(3);
    inners[1].setSmall(9);
    inners[1].setLabel("second");
    auto numbers = inners[2].initNumbers(2);
    numbers.set(0, -1);
    numbers.set(1, INT64_MIN);
    auto nested = thing.initNested(2);
    nested.init(0, 2).set(1, "deep");
    nested.init(1, 0);
    thing.setColor(Color::BLUE);
    thing.initPoint().setX(-7);
    thing.getAny().initAs<Inner>().setLabel("any");
    thing.setData(kj::StringPtr("\1\2\3").asBytes());
    thing.setFlag(false);
    thing.getChoice().initInner().setSmall(200);
    thing.initBox().setValue("boxed");
    auto colors = thing.initColors(2);
    colors.set(0, Color::GREEN);
    colors.set(1, Color::RED);
    auto bools = thing.initBools(9);
    bools.set(8, true);
    thing.setI8(-128);
    thing.setI64(INT64_MAX);
    thing.setF32(-2.25f);
    auto floats = thing.initFloats(1);
    floats.set(0, 1e300);
    // Sending takes the request away, so what was sent is written down first.
    auto sent = kj::str(thing.asReader());
    auto back = request.send().wait(wait);
    auto echoed = back.getThing();
    KJ_REQUIRE(kj::str(echoed) == sent, kj::str(echoed));
    KJ_REQUIRE(echoed.getPoint().getY() == 1.5 && echoed.getI16() == -16 && echoed.getU32() == 4000000000u);
    KJ_REQUIRE(echoed.getInner().getLabel() == "given");
  }

  void enums() {
    auto request = root.echoColorRequest();
    request.setColor(static_cast<Color>(17));
    KJ_REQUIRE(static_cast<uint16_t>(request.send().wait(wait).getColor()) == 17);
  }

  void any() {
    auto request = root.echoAnyRequest();
    request.getAny().setAs<capnp::Text>("anything");
    KJ_REQUIRE(request.send().wait(wait).getAny().getAs<capnp::Text>() == "anything");
    kj::Vector<uint32_t> seen;
    auto withCap = root.echoAnyRequest();
    withCap.getAny().setAs<Sink>(kj::heap<SinkImpl>(seen));
    auto sink = withCap.send().wait(wait).getAny().getAs<Sink>();
    put(sink, 0).wait(wait);
    expectOrder(seen, 0, 1);
    auto generic = root.echoGenericRequest<Inner>();
    generic.initValue().setLabel("generic");
    KJ_REQUIRE(generic.send().wait(wait).getValue().getLabel() == "generic");
  }

  void pipeline() {
    kj::Vector<kj::Promise<void>> all;
    for (uint32_t i = 0; i < n; i++) {
      auto open = root.openRequest();
      auto name = kj::str("child ", i);
      open.setName(name);
      auto call = open.send().getChild().openRequest();
      call.setName(kj::str(name, "/grandchild"));
      all.add(call.send().getChild().whoAmIRequest().send().then([name = kj::mv(name)](auto&& results) {
        KJ_REQUIRE(results.getName() == kj::str(name, "/grandchild"), results.getName());
      }));
    }
    kj::joinPromises(all.releaseAsArray()).wait(wait);
  }

  void callbacks() {
    kj::Vector<uint32_t> seen;
    auto request = root.feedRequest();
    request.setSink(kj::heap<SinkImpl>(seen));
    request.setCount(n);
    KJ_REQUIRE(request.send().wait(wait).getTotal() == n);
    expectOrder(seen, 0, n);
    auto keep = root.keepRequest();
    keep.setSink(kj::heap<SinkImpl>(seen));
    keep.send().wait(wait);
    auto poke = root.pokeRequest();
    poke.setN(n);
    KJ_REQUIRE(poke.send().wait(wait).getTotal() == n + 1);
    root.dropRequest().send().wait(wait);
  }

  // Calls before, while and after an own capability comes back; their order has to hold.
  void embargo() {
    std::mt19937 random(n);
    for (uint32_t round = 0; round < n; round++) {
      kj::Vector<uint32_t> seen;
      kj::Vector<kj::Promise<void>> puts;
      uint32_t next = 0;
      auto send = [&](Sink::Client& sink, uint32_t count) {
        for (uint32_t i = 0; i < count; i++) puts.add(put(sink, next++));
      };
      bool later = random() % 2 == 0;
      Sink::Client own = kj::heap<SinkImpl>(seen);
      Sink::Client sink = nullptr;
      if (later) {
        auto request = root.echoSinkRequest();
        request.setSink(own);
        sink = request.send().getSink();
      } else {
        auto hold = root.holdSinkRequest();
        hold.setSink(own);
        sink = hold.send().getLater();
      }
      send(sink, random() % 4);
      for (uint32_t turns = random() % 4; turns > 0; turns--) kj::evalLater([]() {}).wait(wait);
      send(sink, random() % 4);
      if (random() % 2 == 0) root.emptyRequest().send().wait(wait);
      send(sink, random() % 4);
      auto released = root.releaseHeldRequest().send();
      send(sink, random() % 4);
      released.wait(wait);
      send(sink, random() % 4);
      sink.whenResolved().wait(wait);
      send(sink, random() % 4);
      kj::joinPromises(puts.releaseAsArray()).wait(wait);
      expectOrder(seen, 0, next);
    }
  }

  void cancel() {
    auto before = root.canceledCountRequest().send().wait(wait).getCount();
    {
      kj::Vector<kj::Promise<void>> calls;
      for (uint32_t i = 0; i < n; i++) {
        calls.add(root.hangRequest().send().ignoreResult().eagerlyEvaluate([](kj::Exception&&) {}));
      }
      root.emptyRequest().send().wait(wait);
    }
    for (int tries = 0; tries < 1000; tries++) {
      if (root.canceledCountRequest().send().wait(wait).getCount() == before + n) return;
    }
    KJ_FAIL_REQUIRE("not all calls were canceled");
  }

  void errors() {
    const char* reasons[] = {"one", "two", "three", "four"};
    for (uint16_t type = 0; type < 4; type++) {
      auto request = root.failRequest();
      request.setType(type);
      request.setReason(reasons[type]);
      auto failed = request.send().then([](auto&&) { return false; }, [&](kj::Exception&& e) {
        KJ_REQUIRE(static_cast<uint16_t>(e.getType()) == type, e);
        KJ_REQUIRE(kj::str(e.getDescription()).asArray().size() > 0 && strstr(e.getDescription().cStr(), reasons[type]), e);
        return true;
      });
      KJ_REQUIRE(failed.wait(wait));
    }
    auto expectUnimplemented = [&](kj::Promise<void> call) {
      KJ_REQUIRE(call.then([]() { return false; }, [](kj::Exception&& e) {
        return e.getType() == kj::Exception::Type::UNIMPLEMENTED;
      }).wait(wait));
    };
    expectUnimplemented(root.notThereRequest().send().ignoreResult());
    expectUnimplemented(root.castAs<Stranger>().nobodyRequest().send().ignoreResult());
    root.emptyRequest().send().wait(wait);
  }

  // A capability passed before it exists.
  void promises() {
    kj::Vector<uint32_t> seen;
    auto paf = kj::newPromiseAndFulfiller<Sink::Client>();
    auto request = root.feedRequest();
    request.setSink(kj::mv(paf.promise));
    request.setCount(n);
    auto call = request.send();
    root.emptyRequest().send().wait(wait);
    KJ_REQUIRE(seen.size() == 0);
    paf.fulfiller->fulfill(kj::heap<SinkImpl>(seen));
    KJ_REQUIRE(call.wait(wait).getTotal() == n);
    expectOrder(seen, 0, n);
    auto broken = kj::newPromiseAndFulfiller<Sink::Client>();
    auto second = root.feedRequest();
    second.setSink(kj::mv(broken.promise));
    second.setCount(1);
    auto fails = second.send().then([](auto&&) { return false; }, [](kj::Exception&&) { return true; });
    broken.fulfiller->reject(KJ_EXCEPTION(FAILED, "never comes"));
    KJ_REQUIRE(fails.wait(wait));
  }

  // The call each `put` is pipelined on is given up at once.
  void dropped() {
    for (uint32_t i = 0; i < n; i++) {
      kj::Vector<uint32_t> seen;
      auto request = root.echoSinkLaterRequest();
      request.setSink(kj::heap<SinkImpl>(seen));
      auto done = put(request.send().getSink(), 1);
      done.wait(wait);
      expectOrder(seen, 0, 2);
    }
  }

  void stream() {
    auto stream = root.openStreamRequest().send().getStream();
    for (uint32_t i = 0; i < n; i++) {
      auto request = stream.writeRequest();
      request.initChunk(10000);
      request.send().wait(wait);
    }
    KJ_REQUIRE(stream.doneRequest().send().wait(wait).getBytes() == n * 10000ull);
  }

  void big() {
    auto request = root.echoThingRequest();
    auto inners = request.initThing().initInners(n);
    for (auto inner : inners) inner.setLabel("a label of some length, so that the message becomes large");
    auto back = request.send().wait(wait);
    KJ_REQUIRE(back.getThing().getInners().size() == n);
    KJ_REQUIRE(back.getThing().getInners()[n - 1].getLabel().size() > 40);
  }

  void release() {
    for (uint32_t i = 0; i < n; i++) {
      auto open = root.openRequest();
      open.setName("short-lived");
      auto child = open.send().wait(wait).getChild();
      KJ_REQUIRE(child.whoAmIRequest().send().wait(wait).getName() == "short-lived");
    }
    root.emptyRequest().send().wait(wait);
  }

  void inheritance() {
    auto open = root.openCounterRequest();
    open.setLabel("inherited");
    auto counter = open.send().getCounter();
    KJ_REQUIRE(counter.nextRequest().send().wait(wait).getN() == 1);
    KJ_REQUIRE(counter.labelRequest().send().wait(wait).getText() == "inherited");
    auto reset = counter.resetRequest();
    reset.setTo(41);
    reset.send().wait(wait);
    KJ_REQUIRE(counter.nextRequest().send().wait(wait).getN() == 42);
    Labelled::Client labelled = counter;
    KJ_REQUIRE(labelled.labelRequest().send().wait(wait).getText() == "inherited");
  }

  // Calls in every state there is, again and again, until whoever serves them is killed: each has to end, well or lost.
  void outlive() {
    kj::Vector<kj::Promise<void>> hanging;
    uint32_t lost = 0;
    auto ends = [&](kj::Promise<void> call) {
      return call.catch_([&](kj::Exception&& e) {
        KJ_REQUIRE(e.getType() == kj::Exception::Type::DISCONNECTED, e);
        lost++;
      });
    };
    while (lost == 0) {
      kj::Vector<uint32_t> seen;
      kj::Vector<kj::Promise<void>> calls;
      hanging.add(ends(root.hangRequest().send().ignoreResult()).eagerlyEvaluate(nullptr));
      calls.add(ends(root.openRequest().send().getChild().openRequest().send().getChild().emptyRequest().send().ignoreResult()));
      auto feed = root.feedRequest();
      feed.setSink(kj::heap<SinkImpl>(seen));
      feed.setCount(20);
      calls.add(ends(feed.send().ignoreResult()));
      auto echo = root.echoSinkRequest();
      echo.setSink(kj::heap<SinkImpl>(seen));
      auto echoed = echo.send().getSink();
      for (uint32_t i = 0; i < 5; i++) calls.add(ends(put(echoed, i)));
      auto hold = root.holdSinkRequest();
      hold.setSink(kj::heap<SinkImpl>(seen));
      calls.add(ends(put(hold.send().getLater(), 0)));
      calls.add(ends(root.releaseHeldRequest().send().ignoreResult()));
      auto stream = root.openStreamRequest().send().getStream();
      for (uint32_t i = 0; i < 10; i++) {
        auto write = stream.writeRequest();
        write.initChunk(10000);
        calls.add(ends(write.send()));
      }
      kj::joinPromises(calls.releaseAsArray()).wait(wait);
      printf("talking\n");
      fflush(stdout);
    }
    kj::joinPromises(hanging.releaseAsArray()).wait(wait);
    printf("lost %u\n", lost);
  }

  // A random conversation for n seconds: every operation of above, many at once.
  void converse() {
    std::mt19937 random(4711);
    auto until = timer.now() + n * kj::SECONDS;
    while (timer.now() < until) {
      Scenario some{root, wait, timer, static_cast<uint32_t>(random() % 6)};
      switch (random() % 9) {
        case 0: some.values(); break;
        case 1: some.any(); break;
        case 2: some.pipeline(); break;
        case 3: some.callbacks(); break;
        case 4: some.embargo(); break;
        case 5: some.cancel(); break;
        case 6: some.errors(); break;
        case 7: some.promises(); break;
        case 8: some.stream(); break;
      }
    }
  }

  void run(kj::StringPtr name) {
    if (name == "values") return values();
    if (name == "enums") return enums();
    if (name == "any") return any();
    if (name == "pipeline") return pipeline();
    if (name == "callbacks") return callbacks();
    if (name == "embargo") return embargo();
    if (name == "cancel") return cancel();
    if (name == "errors") return errors();
    if (name == "promises") return promises();
    if (name == "dropped") return dropped();
    if (name == "stream") return stream();
    if (name == "big") return big();
    if (name == "inheritance") return inheritance();
    if (name == "release") return release();
    if (name == "outlive") return outlive();
    if (name == "converse") return converse();
    KJ_FAIL_REQUIRE("no such scenario", name);
  }
};

static kj::String readAll(const char* path) {
  FILE* file = fopen(path, "r");
  KJ_REQUIRE(file != nullptr, path);
  char buffer[65536];
  size_t size = fread(buffer, 1, sizeof(buffer), file);
  fclose(file);
  return kj::heapString(buffer, size);
}

// One connection and the objects it was given: no two connections share state.
struct Accepted {
  kj::Own<kj::AsyncIoStream> stream;
  State state;
  capnp::TwoPartyVatNetwork network;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;

  explicit Accepted(kj::Own<kj::AsyncIoStream>&& accepted)
      : stream(kj::mv(accepted)),
        network(*stream, capnp::rpc::twoparty::Side::SERVER),
        rpc(capnp::makeRpcServer(network, kj::heap<EverythingImpl>(state, "root"))) {}
};

class Acceptor final : private kj::TaskSet::ErrorHandler {
 public:
  Acceptor() : connections(*this) {}

  kj::Promise<void> acceptAll(kj::ConnectionReceiver& listener) {
    return listener.accept().then([this, &listener](kj::Own<kj::AsyncIoStream>&& stream) {
      auto accepted = kj::heap<Accepted>(kj::mv(stream));
      auto over = accepted->network.onDisconnect();
      connections.add(over.attach(kj::mv(accepted)));
      return acceptAll(listener);
    });
  }

 private:
  void taskFailed(kj::Exception&& exception) override { KJ_LOG(ERROR, exception); }
  kj::TaskSet connections;
};

static int serve(kj::AsyncIoContext& io, kj::Network& network, const char* address) {
  {
    Acceptor acceptor;
    auto listener = network.parseAddress(address).wait(io.waitScope)->listen();
    printf("port %u\nready\n", listener->getPort());
    fflush(stdout);
    auto stopped = io.unixEventPort.onSignal(SIGTERM).ignoreResult();
    acceptor.acceptAll(*listener).exclusiveJoin(kj::mv(stopped)).wait(io.waitScope);
  }
  printf("objects left: %u\n", EverythingImpl::alive);
  return 0;
}

int main(int argc, char** argv) {
  KJ_REQUIRE(argc >= 3, "too few arguments");
  kj::UnixEventPort::captureSignal(SIGTERM);
  auto io = kj::setupAsyncIo();
  kj::StringPtr role = argv[1];
  if (role == "server") {
    if (argc < 5) return serve(io, io.provider->getNetwork(), argv[2]);
    kj::TlsKeypair keypair{kj::TlsPrivateKey(readAll(argv[4])), kj::TlsCertificate(readAll(argv[3]))};
    kj::TlsContext::Options options;
    options.defaultKeypair = keypair;
    kj::TlsContext tls(kj::mv(options));
    return serve(io, *tls.wrapNetwork(io.provider->getNetwork()), argv[2]);
  }
  KJ_REQUIRE(argc >= 4, "too few arguments");
  uint32_t n = argc > 4 ? static_cast<uint32_t>(atoi(argv[4])) : 100;
  auto talk = [&](kj::Network& network) {
    auto stream = network.parseAddress(argv[2]).wait(io.waitScope)->connect().wait(io.waitScope);
    capnp::TwoPartyClient client(*stream);
    Scenario scenario{client.bootstrap().castAs<Everything>(), io.waitScope, io.provider->getTimer(), n};
    scenario.run(argv[3]);
  };
  if (argc > 5) {
    kj::TlsCertificate trusted(readAll(argv[5]));
    kj::TlsContext::Options options;
    options.trustedCertificates = kj::arrayPtr(&trusted, 1);
    kj::TlsContext tls(kj::mv(options));
    talk(*tls.wrapNetwork(io.provider->getNetwork()));
  } else {
    talk(io.provider->getNetwork());
  }
  printf("ok\n");
  return 0;
}
