/**
 * Rule 12, versions meet: a member of an enum that a newer side sends costs the reader that one word and nothing else. The
 * table holds every field of the schema that is an enum or a union; a field added to the schema fails here until it is in it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { asUid } from '../../core/kit/brand.ts';
import type { ObservedInstance } from '../../core/node/observation.ts';
import { aDesired, anIncarnation, anObservation, aReport } from '../../ports/testing/control-link-samples.ts';
import { setUint16 } from '../../rpc/capnp/data-fields.ts';
import { Message } from '../../rpc/capnp/message.ts';
import { initStructAtOffset, type Struct, type StructClass } from '../../rpc/capnp/struct.ts';
import * as wire from '../generated/node.ts';
import { assignmentFromWire, assignmentToWire, entryFromWire, entryToWire } from './assignment-wire.ts';
import { bodyOf, createKeptBodies, createSentBodies, hashOfKey } from './bodies.ts';
import { Undecodable } from './decode.ts';
import { faultFromWire, faultToWire } from './fault-wire.ts';
import { createKeptPages } from './pages.ts';
import { reportFromWire, reportToWire } from './report-wire.ts';

const future = 99;

function arrived<T extends Struct>(Class: StructClass<T>, write: (to: T) => void): T {
  const message = Message.build();
  message.first.allocate(8);
  const built = initStructAtOffset(Class, message.first, 0);
  write(built);
  return built;
}

const at = Date.UTC(2026, 2, 2, 9, 0, 0);

/** An observation that carries every enum there is, of an incarnation that is stopping. */
const anything: ObservedInstance = {
  ...anObservation(asUid('0195a3c1-7a44-7c1e-9b1f-000000000001'), 'running'),
  incarnation: anIncarnation({
    state: 'stopping',
    stopping: { because: 'user_stop', mode: 'forced', killAt: at },
    endCause: { kind: 'stopped', because: 'user_stop', forced: true, graceOver: true },
  }),
  facts: {
    ...{ cpuCores: 1, memoryMib: 512, cpuCoresMax: 1, memoryMaxMib: 512, memoryMinMib: 128, freePorts: 4 },
    lostFiles: [{ disk: 'data', how: 'gone' }],
    disks: [{ name: 'data', sizeGib: 2 }],
    rootDiskBytes: 2 ** 30,
    nics: [
      {
        name: 'eth0',
        mac: '52:54:00:3d:5e:8a',
        forwards: [
          { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 2222, guestPort: 22 },
          { protocol: 'udp', hostIp: '127.0.0.1', hostPort: 5353, guestPort: 53 },
        ],
      },
    ],
    accel: 'tcg',
  },
};

/** The report as a reader has it whose writer, a newer version, has changed one word of it. */
function readReport(change: (to: wire.Report) => void) {
  const report = { ...aReport(1), instances: [anything, anObservation(asUid('other'), 'none')] };
  return reportFromWire(
    arrived(wire.Report, (to) => {
      reportToWire(report, createSentBodies(), to);
      change(to);
    }),
    createKeptBodies(),
  );
}

/** What is read of the first observation, all else of the report being as it was. */
function readObservation(change: (to: wire.Observation) => void): ObservedInstance {
  const { full, events, instances } = readReport((to) => change(to.instances.get(0)));
  assert.equal(full, true);
  assert.ok(events.every(({ code }) => code !== 'unreadable_observation'));
  assert.equal(instances.length, 2);
  const [observed] = instances;
  assert.ok(observed !== undefined);
  return observed;
}

type Changed<T> = { readonly [K in keyof T]?: unknown };

/** The observation read is the one written but for these fields. */
function differsIn(read: ObservedInstance, fields: Changed<ObservedInstance>): void {
  assert.deepEqual(read, { ...anything, ...fields });
}

const incarnation = (fields: Changed<NonNullable<ObservedInstance['incarnation']>>) => ({
  incarnation: { ...anything.incarnation, ...fields },
});

/** Offsets of the discriminants, as the generated code has them. */
const endCauseTag = 4;
const rootDiskTag = 32;
const metricsTag = 8;
const setUnion = (struct: Struct, tag: number): void => setUint16(tag, future, struct);

const readEntry = (change: (to: wire.Entry) => void) => {
  const desired = aDesired(1, { stopMode: 'forced' });
  const kept = createKeptBodies();
  const { key, json } = bodyOf(desired.spec);
  kept.keep(hashOfKey(key), json);
  const there = arrived(wire.Entry, (to) => {
    entryToWire(desired, to);
    change(to);
  });
  return { desired, read: () => entryFromWire(there, kept) };
};

const cases: Readonly<Record<string, () => void>> = {
  'Fault.retry': () => {
    const fault = faultFromWire(
      arrived(wire.Fault, (to) => {
        faultToWire(new Error('e'), to);
        to.retry = future as wire.Retry;
      }),
    );
    assert.equal(fault.retry, 'later');
  },
  'Entry.phase': () => {
    // An order is not guessed at, and one that was left out would read as unassigned.
    const { read } = readEntry((to) => {
      to.phase = future as wire.AssignedPhase;
    });
    assert.throws(read, Undecodable);
    const bodies = createKeptBodies();
    const orders = [aDesired(1), aDesired(2)];
    const assigned = assignmentFromWire(
      arrived(wire.Assignment, (to) => {
        const assignment = { clusterId: 'c', at: { epoch: 1, revision: 1 }, instances: orders };
        assignmentToWire(assignment, null, { pages: null, bodies: createSentBodies() }, to);
        to.entries.get(0).phase = future as wire.AssignedPhase;
      }),
      { pages: createKeptPages(), bodies },
    );
    assert.deepEqual([assigned.unreadable?.map(({ uid }) => uid), assigned.instances], [[orders[0]?.uid], [orders[1]]]);
  },
  'Entry.stopMode': () => {
    const { desired, read } = readEntry((to) => {
      to.stopMode = future as wire.StopMode;
    });
    assert.deepEqual(read(), { ...desired, stopMode: 'graceful' });
  },
  'FailureReason.code': () => {
    const { failure } = readObservation((to) => {
      to.failure.reason.code = future as wire.FailureCode;
      to.failure.reason.codeName = 'quota_exceeded';
    });
    assert.deepEqual([failure?.reason.code, failure?.reason.details['code']], ['from_agent', 'quota_exceeded']);
  },
  'Stopping.because': () =>
    differsIn(
      readObservation((to) => {
        to.incarnation.stopping.because = future as wire.StopBecause;
      }),
      incarnation({ stopping: { ...anything.incarnation?.stopping, because: 'unknown' } }),
    ),
  'Stopping.mode': () =>
    differsIn(
      readObservation((to) => {
        to.incarnation.stopping.mode = future as wire.StopMode;
      }),
      incarnation({ stopping: { ...anything.incarnation?.stopping, mode: 'graceful' } }),
    ),
  'EndCause.because': () =>
    differsIn(
      readObservation((to) => {
        to.incarnation.endCause.stopped.because = future as wire.StopBecause;
      }),
      incarnation({ endCause: { kind: 'stopped', because: 'unknown', forced: true, graceOver: true } }),
    ),
  'EndCause.union': () =>
    differsIn(
      readObservation((to) => setUnion(to.incarnation.endCause, endCauseTag)),
      incarnation({ endCause: null }),
    ),
  'Incarnation.state': () => {
    for (const [guest, state] of [
      [wire.GuestState.RUNNING, 'running'],
      [wire.GuestState.PAUSED, 'paused'],
      [wire.GuestState.IO_ERROR, 'paused'],
      [wire.GuestState.PANICKED, 'stopped'],
      [wire.GuestState.NONE, 'starting'],
    ] as const) {
      const read = readObservation((to) => {
        to.incarnation.state = future as wire.IncarnationState;
        to.guest = guest;
      });
      assert.deepEqual(read.incarnation, { ...anything.incarnation, state });
    }
  },
  'Forward.protocol': () => {
    const { facts } = readObservation((to) => {
      to.facts.nics.get(0).forwards.get(0).protocol = future as wire.Protocol;
    });
    assert.deepEqual(facts?.nics[0]?.forwards, anything.facts?.nics[0]?.forwards.slice(1));
  },
  'Facts.rootDisk': () =>
    differsIn(
      readObservation((to) => setUnion(to.facts, rootDiskTag)),
      { facts: { ...anything.facts, rootDiskBytes: null } },
    ),
  'Facts.accel': () =>
    differsIn(
      readObservation((to) => {
        to.facts.accel = future as wire.Accel;
      }),
      { facts: { ...anything.facts, accel: 'unknown' } },
    ),
  'LostFile.how': () =>
    differsIn(
      readObservation((to) => {
        to.facts.lostFiles.get(0).how = future as wire.LostHow;
      }),
      { facts: { ...anything.facts, lostFiles: [{ disk: 'data', how: 'unknown' }] } },
    ),
  'Unready.what': () =>
    differsIn(
      readObservation((to) => {
        to.unready.get(0).what = future as wire.UnreadyWhat;
      }),
      { unready: [{ what: 'unknown', name: 'root' }] },
    ),
  'RunEnded.cause': () =>
    differsIn(
      readObservation((to) => {
        to.runEnded.cause = future as wire.RunEndCause;
      }),
      { runEnded: { ...anything.runEnded, cause: 'unknown' } },
    ),
  'Waiting.for': () =>
    differsIn(
      readObservation((to) => {
        to.waiting.for = future as wire.WaitingFor;
      }),
      { waiting: { ...anything.waiting, for: 'node' } },
    ),
  'Observation.guest': () =>
    differsIn(
      readObservation((to) => {
        to.guest = future as wire.GuestState;
      }),
      { guest: 'unknown' },
    ),
  'Metrics.union': () => {
    const { metrics, instances } = readReport((to) => setUnion(to.metrics.get(0), metricsTag));
    assert.deepEqual([metrics[0]?.metrics, instances.length], [null, 2]);
  },
  'Unassigned.state': () => {
    const { unassigned } = readReport((to) => {
      to.unassigned.get(0).state = future as wire.UnassignedState;
    });
    assert.equal(unassigned[0]?.state, 'leftover');
  },
};

for (const [field, check] of Object.entries(cases))
  test(`rule 12: a ${field} of the future costs that word only`, check);

test('rule 12: every enum and union of the node link is in the table of what becomes of a word of the future', () => {
  const schema = readFileSync(new URL('../../../schema/node.capnp', import.meta.url), 'utf8').replace(/#.*$/gm, '');
  const enums = new Set([...schema.matchAll(/^enum (\w+)/gm)].map(([, name]) => name));
  // The text of a struct reaches to where the next one begins.
  const found = schema.split(/^(?=struct|enum|interface)/gm).flatMap((text) => {
    const struct = /^struct (\w+)/.exec(text)?.[1];
    if (struct === undefined) return [];
    const ofEnum = [...text.matchAll(/(\w+) @\d+ :(\w+)/g)].filter(([, , type]) => enums.has(type));
    const unions = [...text.matchAll(/(?:(\w+) :)?union \{/g)].map(([, field]) => field ?? 'union');
    return [...ofEnum.map(([, field]) => field), ...unions].map((field) => `${struct}.${field}`);
  });
  assert.ok(enums.size >= 12);
  assert.deepEqual(Object.keys(cases).toSorted(), [...new Set(found)].toSorted());
});
