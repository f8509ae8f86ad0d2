import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { VmSpec } from '../../core/instance/spec.ts';
import { asUid } from '../../core/kit/brand.ts';
import { Fault } from '../../core/kit/fault.ts';
import { aHello, anIncarnation, anObservation, aReport } from '../../ports/testing/control-link-samples.ts';
import { Message } from '../../rpc/capnp/message.ts';
import { initStructAtOffset, type Struct, type StructClass } from '../../rpc/capnp/struct.ts';
import * as wire from '../generated/node.ts';
import { assignmentFromWire, assignmentToWire } from './assignment-wire.ts';
import { bodiesKeptMax, bodyOf, createKeptBodies, createSentBodies, hashOfKey } from './bodies.ts';
import { Undecodable } from './decode.ts';
import { failureCodeCodec } from './enums.ts';
import { reasonFromWire, reasonToWire } from './failure-wire.ts';
import { faultFromWire, faultToWire } from './fault-wire.ts';
import { helloFromWire, helloToWire } from './hello-wire.ts';
import { observationFromWire, observationToWire } from './observation-wire.ts';
import { createKeptPages, createSentPages } from './pages.ts';
import { reportFromWire, reportToWire } from './report-wire.ts';
import { arbitraryDesired, arbitraryObservation, arbitraryReason, arbitrarySpec } from './testing/arbitraries.ts';
import { decodeVmSpec } from './vm-spec-json.ts';

/** A struct as it arrives: written into a message and read from it. */
const arrived = <T extends Struct>(Class: StructClass<T>, write: (to: T) => void): T => {
  const message = Message.build();
  message.first.allocate(8);
  const built = initStructAtOffset(Class, message.first, 0);
  write(built);
  return built;
};

test('S33 an observation survives the wire unchanged', () => {
  fc.assert(
    fc.property(arbitraryObservation, (observation) => {
      const kept = createKeptBodies();
      if (observation.incarnation !== null) {
        const { key, json } = bodyOf(observation.incarnation.startedSpec);
        kept.keep(hashOfKey(key), json);
      }
      const there = arrived(wire.Observation, (to) => observationToWire(observation, to));
      assert.deepEqual(observationFromWire(there, kept), observation);
    }),
    { numRuns: 200 },
  );
});

test('S33 creating is told as starting, unwound as destroyed', () => {
  for (const [told, read] of [
    ['creating', 'starting'],
    ['unwound', 'destroyed'],
  ] as const) {
    const observation = {
      ...anObservation(asUid('u'), 'none'),
      incarnation: anIncarnation({ state: told, stopping: null }),
    };
    const kept = createKeptBodies();
    const { key, json } = bodyOf(observation.incarnation.startedSpec);
    kept.keep(hashOfKey(key), json);
    const there = arrived(wire.Observation, (to) => observationToWire(observation, to));
    assert.equal(observationFromWire(there, kept).incarnation?.state, read);
  }
});

test('S33 a failure code of a newer agent becomes from_agent, the original in details.code', () => {
  const there = arrived(wire.FailureReason, (to) => {
    reasonToWire({ code: 'pool_full', message: 'm', at: 1, details: { pool: 'p' } }, to);
    to.code = 999 as wire.FailureCode;
    to.codeName = 'quota_exceeded';
  });
  const reason = reasonFromWire(there);
  assert.equal(reason.code, 'from_agent');
  assert.deepEqual(reason.details, { pool: 'p', code: 'quota_exceeded' });
});

test('every failure code has a number of its own on the wire', () => {
  fc.assert(
    fc.property(arbitraryReason, (reason) => {
      assert.deepEqual(reasonFromWire(arrived(wire.FailureReason, (to) => reasonToWire(reason, to))), reason);
      assert.equal(failureCodeCodec.fromWire(failureCodeCodec.toWire(reason.code)), reason.code);
    }),
  );
});

test('an unknown guest state reads as unknown, an unknown waiter keeps its message', () => {
  const observation = { ...anObservation(asUid('u'), 'running'), incarnation: null };
  const there = arrived(wire.Observation, (to) => {
    observationToWire(observation, to);
    to.guest = 77 as wire.GuestState;
    to.waiting.for = 77 as wire.WaitingFor;
  });
  const read = observationFromWire(there, createKeptBodies());
  assert.equal(read.guest, 'unknown');
  assert.equal(read.waiting?.message, observation.waiting?.message);
});

test('an observation that cannot be read is left out, told, and makes a full report partial', () => {
  const sent = createSentBodies();
  const there = arrived(wire.Report, (to) => {
    reportToWire(aReport(1), sent, to);
    to.instances.get(0).incarnation.startedBody = new Uint8Array(16);
  });
  const read = reportFromWire(there, createKeptBodies());
  assert.deepEqual(
    read.instances.map(({ uid }) => uid),
    [aReport(1).instances[1]?.uid],
  );
  assert.equal(read.full, false);
  assert.equal(read.events.at(-1)?.code, 'unreadable_observation');
});

/** Both ends of a session that carries assignments. */
const anAssignmentSession = () => ({
  sent: { pages: createSentPages(), bodies: createSentBodies() },
  kept: { pages: createKeptPages(), bodies: createKeptBodies() },
});

const anAssignmentOf = (revision: number, instances: readonly DesiredVm[]) => ({
  clusterId: 'c',
  at: { epoch: 1, revision },
  instances,
});

test('an offer that cannot be read is none: what it is about stays reported', () => {
  const there = arrived(wire.Report, (to) => {
    reportToWire(aReport(1), createSentBodies(), to);
    to.unassigned.get(1).order.phase = 99 as wire.AssignedPhase;
  });
  const { full, unassigned } = reportFromWire(there, createKeptBodies());
  assert.equal(full, true);
  assert.deepEqual(
    unassigned,
    aReport(1).unassigned.map((item) => ({ ...item, order: null })),
  );
});

test('an assignment survives the wire whole, and bodies travel once', () => {
  fc.assert(
    fc.property(fc.array(arbitraryDesired, { maxLength: 5 }), (instances) => {
      const assignment = anAssignmentOf(2, instances);
      const { sent, kept } = anAssignmentSession();
      const first = arrived(wire.Assignment, (to) => assignmentToWire(assignment, null, sent, to));
      assert.deepEqual(assignmentFromWire(first, kept), assignment);
      const second = arrived(wire.Assignment, (to) => assignmentToWire(assignment, null, sent, to));
      assert.equal(second.bodies.length, 0);
      assert.deepEqual(assignmentFromWire(second, kept), assignment);
    }),
    { numRuns: 50 },
  );
});

test('whatever changes of a set, the other side reads the whole of it from the pages it lacked', () => {
  const [sample] = fc.sample(arbitraryDesired, { numRuns: 1, seed: 4 });
  const uidOf = (n: number) =>
    asUid(`0195a3c1-7a44-7c1e-9b1f-${(n * 0x9e3779b1).toString(16).padStart(12, '0').slice(-12)}`);
  const make = (n: number, generation: number) => ({ ...(sample as DesiredVm), uid: uidOf(n), generation });
  const change = fc.record({
    kind: fc.constantFrom('set', 'remove', 'nothing'),
    at: fc.nat(599),
    arrives: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const { sent, kept } = anAssignmentSession();
      const set = new Map(Array.from({ length: 500 }, (_, n) => [n, make(n, 1)]));
      let seen: { epoch: number; revision: number } | null = null;
      for (const [index, { kind, at, arrives }] of [{ kind: 'nothing', at: 0, arrives: true }, ...changes].entries()) {
        if (kind === 'set') set.set(at, make(at, index + 2));
        if (kind === 'remove') set.delete(at);
        const assignment = anAssignmentOf(index + 1, [...set.values()]);
        const there = arrived(wire.Assignment, (to) => assignmentToWire(assignment, seen, sent, to));
        if (!arrives) continue;
        assert.deepEqual(assignmentFromWire(there, kept), assignment);
        seen = assignment.at;
      }
      const last = anAssignmentOf(99, [...set.values()]);
      const again = arrived(wire.Assignment, (to) => assignmentToWire(last, seen, sent, to));
      assert.deepEqual(assignmentFromWire(again, kept), last);
    }),
    { numRuns: 30 },
  );
});

test('one changed instance of many costs one page', () => {
  const [sample] = fc.sample(arbitraryDesired, { numRuns: 1, seed: 4 });
  const set = Array.from({ length: 10_000 }, (_, n) => ({
    ...(sample as DesiredVm),
    uid: asUid(`0195a3c1-7a44-7c1e-9b1f-${n.toString(16).padStart(12, '0')}`),
  }));
  const { sent, kept } = anAssignmentSession();
  const first = anAssignmentOf(1, set);
  assignmentFromWire(
    arrived(wire.Assignment, (to) => assignmentToWire(first, null, sent, to)),
    kept,
  );
  const second = anAssignmentOf(2, set.with(5_000, { ...(set[5_000] as DesiredVm), generation: 77 }));
  const there = arrived(wire.Assignment, (to) => assignmentToWire(second, first.at, sent, to));
  assert.equal(there.pages.length, 1);
  assert.ok(there.pages.get(0).entries.length <= 32);
  assert.deepEqual(assignmentFromWire(there, kept), second);
});

test('a side that is older than pages is sent, and sends, every entry by itself', () => {
  const instances = fc.sample(arbitraryDesired, { numRuns: 5, seed: 2 });
  const assignment = anAssignmentOf(2, instances);
  const { kept } = anAssignmentSession();
  const sent = { pages: null, bodies: createSentBodies() };
  const there = arrived(wire.Assignment, (to) => assignmentToWire(assignment, null, sent, to));
  assert.equal(there.entries.length, instances.length);
  assert.equal(there.names.length, 0);
  assert.deepEqual(assignmentFromWire(there, kept), assignment);
});

test('rule 12: an order in words of a newer control plane is named as unreadable, and every other order arrives', () => {
  const instances = fc
    .sample(arbitraryDesired, { numRuns: 3, seed: 1 })
    .map((desired) => ({ ...desired, desiredPhase: 'running' as const }));
  const ofTheFuture = { ...instances[2]?.spec, machine: 'pdp11' } as unknown as VmSpec;
  const newer = instances.with(2, { ...(instances[2] as (typeof instances)[0]), spec: ofTheFuture });
  const { sent, kept } = anAssignmentSession();
  const there = arrived(wire.Assignment, (to) => {
    assignmentToWire(anAssignmentOf(2, newer), null, sent, to);
    to.pages.get(0).entries.get(1).phase = 9 as wire.AssignedPhase;
  });
  const read = assignmentFromWire(there, kept);
  assert.deepEqual(read.instances, instances.slice(0, 1));
  assert.deepEqual(read.unreadable, [
    {
      uid: instances[1]?.uid,
      name: instances[1]?.name,
      because: 'phase is not known to this version: this agent is older',
    },
    {
      uid: instances[2]?.uid,
      name: instances[2]?.name,
      because: 'spec.machine is not one of q35, microvm: this agent is older',
    },
  ]);
  const again = arrived(wire.Assignment, (to) =>
    assignmentToWire(anAssignmentOf(3, newer), { epoch: 1, revision: 2 }, sent, to),
  );
  assert.deepEqual(assignmentFromWire(again, kept).unreadable, read.unreadable, 'also of a page that is held');
});

test('a deletion arrives whatever its specification says: nothing is made of it', () => {
  const spec = { ...fc.sample(arbitrarySpec, { numRuns: 1, seed: 1 })[0], machine: 'pdp11' } as unknown as VmSpec;
  const [some] = fc.sample(arbitraryDesired, { numRuns: 1, seed: 1 });
  for (const desiredPhase of ['deleted', 'released'] as const) {
    const { sent, kept } = anAssignmentSession();
    const deletion = { ...(some as DesiredVm), desiredPhase, spec };
    const there = arrived(wire.Assignment, (to) => assignmentToWire(anAssignmentOf(2, [deletion]), null, sent, to));
    const [read] = assignmentFromWire(there, kept).instances;
    assert.deepEqual([read?.uid, read?.desiredPhase], [deletion.uid, desiredPhase]);
  }
});

test('an assignment whose page or body never came is refused whole', () => {
  const instances = fc.sample(arbitraryDesired, { numRuns: 2, seed: 1 });
  const { sent, kept } = anAssignmentSession();
  const there = arrived(wire.Assignment, (to) => {
    assignmentToWire(anAssignmentOf(2, instances), null, sent, to);
    to._initBodies(0);
  });
  assert.throws(() => assignmentFromWire(there, kept), Undecodable);
});

test('rule 12: a specification in words of a newer agent costs the observation that names it, and no other', () => {
  const { startedSpec, ...rest } = anIncarnation({});
  const newer = { ...rest, startedSpec: { ...startedSpec, machine: 'pdp11' } as unknown as VmSpec };
  const instances = [
    { ...anObservation(asUid('a'), 'running'), incarnation: newer },
    anObservation(asUid('b'), 'running'),
  ];
  const there = arrived(wire.Report, (to) => reportToWire({ ...aReport(1), instances }, createSentBodies(), to));
  const read = reportFromWire(there, createKeptBodies());
  assert.deepEqual(
    read.instances.map(({ uid }) => uid),
    ['b'],
  );
  assert.equal(read.events.at(-1)?.code, 'unreadable_observation');
});

test('bodies past their limit are forgotten on both sides together', () => {
  const keys = Array.from({ length: bodiesKeptMax + 1 }, (_, i) => i.toString(16).padStart(32, '0'));
  const spec = fc.sample(arbitrarySpec, { numRuns: 1, seed: 1 })[0];
  assert.ok(spec !== undefined);
  const sent = createSentBodies([...keys, bodyOf(spec).key]);
  const { forget, bodies } = sent.take([spec]);
  assert.deepEqual([forget, bodies.length], [true, 1]);
});

test('a body that is not what its hash says is refused', () => {
  const spec = fc.sample(arbitrarySpec, { numRuns: 1, seed: 2 })[0];
  assert.ok(spec !== undefined);
  const { key } = bodyOf(spec);
  assert.throws(() => createKeptBodies().keep(hashOfKey(key), new TextEncoder().encode('{}')), Undecodable);
});

test('a specification survives JSON, and fields of a newer version are ignored', () => {
  fc.assert(
    fc.property(arbitrarySpec, (spec) => {
      const json: unknown = JSON.parse(JSON.stringify({ ...spec, ofTheFuture: 1 }));
      assert.deepEqual(decodeVmSpec(json, ''), spec);
    }),
  );
});

test('hello and faults survive the wire', () => {
  const hello = { ...aHello(), clusterId: 'c' };
  assert.deepEqual(helloFromWire(arrived(wire.Hello, (to) => helloToWire(hello, [], to))), hello);
  assert.deepEqual(helloFromWire(arrived(wire.Hello, (to) => helloToWire(aHello(), [], to))), aHello());
  const fault = new Fault('node_in_use', 'Node "n" is here', { retry: 'now', details: { since: 3 } });
  const read = faultFromWire(arrived(wire.Fault, (to) => faultToWire(fault, to)));
  assert.deepEqual(
    [read.code, read.message, read.retry, read.details],
    ['node_in_use', fault.message, 'now', { since: 3 }],
  );
  const defect = faultFromWire(arrived(wire.Fault, (to) => faultToWire(new TypeError('x is undefined'), to)));
  assert.deepEqual([defect.code, defect.retry], ['internal', 'later']);
});
