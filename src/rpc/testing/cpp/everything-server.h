// The object of everything.capnp, in C++: the other half of the interop tests.
#pragma once
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>

#include "everything.capnp.h"

struct State {
  uint32_t canceled = 0;
  kj::Maybe<Sink::Client> kept;
  kj::Vector<kj::Own<kj::PromiseFulfiller<Sink::Client>>> held;
  kj::Vector<Sink::Client> heldSinks;
};

class StreamImpl final : public Stream::Server {
 public:
  kj::Promise<void> write(WriteContext context) override {
    bytes += context.getParams().getChunk().size();
    return kj::READY_NOW;
  }
  kj::Promise<void> done(DoneContext context) override {
    context.getResults().setBytes(bytes);
    return kj::READY_NOW;
  }

 private:
  uint64_t bytes = 0;
};

class CounterImpl final : public Counter::Server {
 public:
  explicit CounterImpl(kj::StringPtr text) : text(kj::str(text)) {}
  kj::Promise<void> next(NextContext context) override {
    context.getResults().setN(++n);
    return kj::READY_NOW;
  }
  kj::Promise<void> label(LabelContext context) override {
    context.getResults().setText(text);
    return kj::READY_NOW;
  }
  kj::Promise<void> reset(ResetContext context) override {
    n = context.getParams().getTo();
    return kj::READY_NOW;
  }

 private:
  kj::String text;
  uint32_t n = 0;
};

class EverythingImpl final : public Everything::Server {
 public:
  // Objects of all connections together.
  static inline uint32_t alive = 0;

  EverythingImpl(State& state, kj::StringPtr name) : state(state), name(kj::str(name)) { alive++; }
  ~EverythingImpl() noexcept(false) { alive--; }

  kj::Promise<void> empty(EmptyContext) override { return kj::READY_NOW; }

  kj::Promise<void> echoThing(EchoThingContext context) override {
    context.getResults().setThing(context.getParams().getThing());
    return kj::READY_NOW;
  }

  kj::Promise<void> open(OpenContext context) override {
    context.getResults().setChild(kj::heap<EverythingImpl>(state, context.getParams().getName()));
    return kj::READY_NOW;
  }

  kj::Promise<void> whoAmI(WhoAmIContext context) override {
    context.getResults().setName(name);
    return kj::READY_NOW;
  }

  kj::Promise<void> feed(FeedContext context) override {
    auto sink = context.getParams().getSink();
    uint32_t count = context.getParams().getCount();
    KJ_REQUIRE(count <= 10000, "cannot feed that often", count);
    auto calls = kj::heapArrayBuilder<kj::Promise<uint32_t>>(count);
    for (uint32_t i = 0; i < count; i++) {
      auto request = sink.putRequest();
      request.setN(i);
      calls.add(request.send().then([](auto&& results) { return results.getTotal(); }));
    }
    return kj::joinPromises(calls.finish()).then([context](kj::Array<uint32_t> totals) mutable {
      context.getResults().setTotal(totals.size() == 0 ? 0 : totals.back());
    });
  }

  kj::Promise<void> echoSink(EchoSinkContext context) override {
    context.getResults().setSink(context.getParams().getSink());
    return kj::READY_NOW;
  }

  kj::Promise<void> fail(FailContext context) override {
    auto type = static_cast<kj::Exception::Type>(context.getParams().getType());
    return kj::Exception(type, __FILE__, __LINE__, kj::str(context.getParams().getReason()));
  }

  kj::Promise<void> hang(HangContext context) override {
    context.allowCancellation();
    kj::Promise<void> never = kj::NEVER_DONE;
    return never.attach(kj::defer([this]() { state.canceled++; }));
  }

  kj::Promise<void> canceledCount(CanceledCountContext context) override {
    context.getResults().setCount(state.canceled);
    return kj::READY_NOW;
  }

  kj::Promise<void> keep(KeepContext context) override {
    state.kept = context.getParams().getSink();
    return kj::READY_NOW;
  }

  kj::Promise<void> poke(PokeContext context) override {
    auto request = KJ_REQUIRE_NONNULL(state.kept, "nothing kept").putRequest();
    request.setN(context.getParams().getN());
    return request.send().then(
        [context](auto&& results) mutable { context.getResults().setTotal(results.getTotal()); });
  }

  kj::Promise<void> drop(DropContext) override {
    state.kept = nullptr;
    return kj::READY_NOW;
  }

  kj::Promise<void> echoAny(EchoAnyContext context) override {
    context.getResults().getAny().set(context.getParams().getAny());
    return kj::READY_NOW;
  }

  kj::Promise<void> echoGeneric(EchoGenericContext context) override {
    context.getResults().getValue().set(context.getParams().getValue());
    return kj::READY_NOW;
  }

  kj::Promise<void> echoColor(EchoColorContext context) override {
    context.getResults().setColor(context.getParams().getColor());
    return kj::READY_NOW;
  }

  kj::Promise<void> openStream(OpenStreamContext context) override {
    context.getResults().setStream(kj::heap<StreamImpl>());
    return kj::READY_NOW;
  }

  kj::Promise<void> holdSink(HoldSinkContext context) override {
    auto paf = kj::newPromiseAndFulfiller<Sink::Client>();
    context.getResults().setLater(kj::mv(paf.promise));
    state.held.add(kj::mv(paf.fulfiller));
    state.heldSinks.add(context.getParams().getSink());
    return kj::READY_NOW;
  }

  kj::Promise<void> releaseHeld(ReleaseHeldContext) override {
    for (size_t i = 0; i < state.held.size(); i++) state.held[i]->fulfill(Sink::Client(state.heldSinks[i]));
    state.held.clear();
    state.heldSinks.clear();
    return kj::READY_NOW;
  }

  kj::Promise<void> echoSinkLater(EchoSinkLaterContext context) override {
    auto sink = context.getParams().getSink();
    auto request = sink.putRequest();
    request.setN(0);
    return request.send().then([context, sink](auto&&) mutable { context.getResults().setSink(sink); });
  }

  kj::Promise<void> openCounter(OpenCounterContext context) override {
    context.getResults().setCounter(kj::heap<CounterImpl>(context.getParams().getLabel()));
    return kj::READY_NOW;
  }

 private:
  State& state;
  kj::String name;
};
