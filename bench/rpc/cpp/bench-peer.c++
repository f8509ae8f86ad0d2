// bench-peer server ADDRESS
// bench-peer client ADDRESS KIND IN_FLIGHT SECONDS CONNECTIONS     prints calls per second
#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <kj/debug.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.capnp.h"

static void fill(Assignment::Builder assignment) {
  assignment.setRevision(42);
  auto specs = assignment.initSpecs(200);
  for (uint32_t i = 0; i < 200; i++) {
    auto spec = specs[i];
    spec.setUid("01234567-89ab-cdef-0123-456789abcdef");
    spec.setName(kj::str("vm-", i));
    spec.setSpecHash("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    spec.setImage("https://images.example/debian-12.qcow2");
    spec.setCpuCores(2);
    spec.setMemoryMib(512);
    auto labels = spec.initLabels(2);
    labels[0].setKey("tier");
    labels[0].setValue("web");
    labels[1].setKey("zone");
    labels[1].setValue("a");
  }
}

static uint64_t sum(Assignment::Reader assignment) {
  uint64_t total = assignment.getRevision();
  for (auto spec : assignment.getSpecs()) {
    total += spec.getUid().size() + spec.getName().size() + spec.getSpecHash().size() + spec.getImage().size();
    total += spec.getCpuCores() + spec.getMemoryMib();
    for (auto label : spec.getLabels()) total += label.getKey().size() + label.getValue().size();
  }
  return total;
}

class BenchImpl final : public Bench::Server {
 public:
  BenchImpl() { fill(cached.initRoot<Assignment>()); }

  kj::Promise<void> empty(EmptyContext) override { return kj::READY_NOW; }

  kj::Promise<void> heartbeat(HeartbeatContext context) override {
    auto params = context.getParams();
    uint64_t total = params.getSequence() + params.getNode().size();
    for (auto vm : params.getVms()) {
      total += vm.getUid().size() + vm.getPhase() + vm.getGeneration() + vm.getObservedGeneration();
      total += vm.getMemoryUsedMib() + (vm.getRunning() ? 1 : 0) + (vm.getCpuUsage() > 0.5f ? 1 : 0);
    }
    context.getResults().setLeaseMs(30000);
    context.getResults().setChecksum(total);
    return kj::READY_NOW;
  }

  kj::Promise<void> assignment(AssignmentContext context) override {
    fill(context.getResults().initAssignment());
    return kj::READY_NOW;
  }

  kj::Promise<void> cachedAssignment(CachedAssignmentContext context) override {
    context.getResults().setAssignment(cached.getRoot<Assignment>().asReader());
    return kj::READY_NOW;
  }

 private:
  capnp::MallocMessageBuilder cached;
};

struct Load {
  kj::StringPtr kind;
  kj::Timer& timer;
  kj::TimePoint until;
  uint64_t calls = 0;

  kj::Promise<void> once(Bench::Client& bench) {
    if (kind == "empty") return bench.emptyRequest().send().ignoreResult();
    if (kind == "assignment") {
      return bench.assignmentRequest().send().then([](auto&& results) { KJ_REQUIRE(sum(results.getAssignment()) > 0); });
    }
    if (kind == "cached") {
      return bench.cachedAssignmentRequest().send().then(
          [](auto&& results) { KJ_REQUIRE(sum(results.getAssignment()) > 0); });
    }
    auto request = bench.heartbeatRequest();
    request.setNode("node-0001");
    request.setSequence(calls);
    auto vms = request.initVms(20);
    for (uint32_t i = 0; i < 20; i++) {
      vms[i].setUid("01234567-89ab-cdef-0123-456789abcdef");
      vms[i].setPhase(3);
      vms[i].setGeneration(calls);
      vms[i].setObservedGeneration(calls);
      vms[i].setCpuUsage(0.25f);
      vms[i].setMemoryUsedMib(256);
      vms[i].setRunning(true);
    }
    return request.send().then([](auto&& results) { KJ_REQUIRE(results.getLeaseMs() == 30000); });
  }

  kj::Promise<void> loop(Bench::Client& bench) {
    if (timer.now() >= until) return kj::READY_NOW;
    return once(bench).then([this, &bench]() {
      calls++;
      return loop(bench);
    });
  }
};

int main(int argc, char** argv) {
  KJ_REQUIRE(argc >= 3);
  auto io = kj::setupAsyncIo();
  auto address = io.provider->getNetwork().parseAddress(argv[2]).wait(io.waitScope);
  if (kj::StringPtr(argv[1]) == "server") {
    capnp::TwoPartyServer server(kj::heap<BenchImpl>());
    auto listener = address->listen();
    printf("ready\n");
    fflush(stdout);
    server.listen(*listener).wait(io.waitScope);
    return 0;
  }
  KJ_REQUIRE(argc >= 7);
  int inFlight = atoi(argv[4]), seconds = atoi(argv[5]), connections = atoi(argv[6]);
  kj::Vector<kj::Own<kj::AsyncIoStream>> streams;
  kj::Vector<kj::Own<capnp::TwoPartyClient>> clients;
  kj::Vector<Bench::Client> benches;
  for (int i = 0; i < connections; i++) {
    streams.add(address->connect().wait(io.waitScope));
    clients.add(kj::heap<capnp::TwoPartyClient>(*streams.back()));
    benches.add(clients.back()->bootstrap().castAs<Bench>());
    benches.back().emptyRequest().send().wait(io.waitScope);
  }
  auto& timer = io.provider->getTimer();
  Load warm{argv[3], timer, timer.now() + 1 * kj::SECONDS};
  Load load{argv[3], timer, timer.now() + (1 + seconds) * kj::SECONDS};
  auto run = [&](Load& one) {
    kj::Vector<kj::Promise<void>> loops;
    for (auto& bench : benches) {
      for (int i = 0; i < inFlight; i++) loops.add(one.loop(bench));
    }
    kj::joinPromises(loops.releaseAsArray()).wait(io.waitScope);
  };
  run(warm);
  auto start = timer.now();
  load.until = start + seconds * kj::SECONDS;
  run(load);
  double took = (timer.now() - start) / kj::NANOSECONDS / 1e9;
  printf("%.0f calls per second\n", load.calls / took);
  return 0;
}
