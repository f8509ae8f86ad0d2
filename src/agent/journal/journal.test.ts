import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMemoryStore, MemoryMedium } from '../../adapters/store/memory.ts';
import { aDesired, aRecord, testUid } from '../../core/instance/testing/builders.ts';
import { asUid } from '../../core/kit/brand.ts';
import { faultCode } from '../../core/kit/fault.ts';
import type { Json } from '../../core/kit/json.ts';
import { arbitraryRecord } from '../../wire/link/testing/arbitraries.ts';
import { createJournal, newestTimeIn } from './journal.ts';
import { recordFromRow, recordToRow } from './record-row.ts';

test('S33 every record survives its row, states and all', () => {
  fc.assert(
    fc.property(arbitraryRecord, (record) => {
      const row: Json = JSON.parse(JSON.stringify(recordToRow(record)));
      assert.deepEqual(recordFromRow(row), record);
    }),
    { numRuns: 200 },
  );
});

test('a damaged row never reads as a record', () => {
  fc.assert(
    fc.property(arbitraryRecord, fc.jsonValue(), fc.nat(), (record, rubbish, pick) => {
      const fields = JSON.parse(JSON.stringify(record));
      // Older writers did not know these.
      const newer = [
        'guestStateMet',
        'disksMade',
        'disksToDrop',
        'checksPassed',
        'silenceTold',
        'askedToStopAt',
        'lostFiles',
        'lastOrder',
        'unaskedImage',
        'orderedBy',
      ];
      const names = Object.keys(fields).filter((name) => !newer.includes(name));
      const name = names[pick % names.length] ?? 'uid';
      delete fields[name];
      assert.throws(() => recordFromRow({ v: 1, record: fields }));
      assert.throws(() => recordFromRow({ v: 2, record: rubbish as Json }));
    }),
  );
});

test('S30 a failure without a code reads as prehistoric, an unknown one as from_agent', () => {
  const record = fc.sample(
    arbitraryRecord.filter(({ failure }) => failure !== null),
    { numRuns: 1, seed: 1 },
  )[0];
  const row = JSON.parse(JSON.stringify(recordToRow(record as NonNullable<typeof record>)));
  row.record.failure.reason.code = null;
  assert.equal(recordFromRow(row).failure?.reason.code, 'prehistoric');
  row.record.failure.reason.code = 'of_the_future';
  assert.equal(recordFromRow(row).failure?.reason.code, 'from_agent');
  assert.equal(recordFromRow(row).failure?.reason.details['code'], 'of_the_future');
});

test('an assignment larger than a transaction is whole or has no revision', async () => {
  const many = Array.from({ length: 10_500 }, (_, i) =>
    aDesired({ uid: asUid(`0195a3c1-7a44-7c1e-9b1f-${String(i).padStart(12, '0')}`) }),
  );
  for (const durableCommits of [0, 1, 2, 3]) {
    const medium = new MemoryMedium();
    const first = {
      clusterId: 'c',
      at: { epoch: 1, revision: 1 },
      changed: [aDesired()],
      gone: [],
      unreadable: [],
      records: [],
    };
    const before = createJournal(createMemoryStore({ medium }));
    await before.saveIdentity('c');
    await before.saveAssignment(first);
    const dying = createMemoryStore({ medium, decideFate: () => ({ kind: 'crash', durableCommits }) });
    createJournal(dying).saveAssignment({ ...first, at: { epoch: 1, revision: 2 }, changed: many, gone: [testUid] });
    await new Promise((resolve) => setImmediate(resolve));
    const image = createJournal(createMemoryStore({ medium })).load();
    assert.equal(image.clusterId, 'c', 'the identity is a row of its own');
    assert.deepEqual(image.at, durableCommits === 0 ? { epoch: 1, revision: 1 } : null);
  }
  const journal = createJournal(createMemoryStore());
  const at = { epoch: 1, revision: 2 };
  await journal.saveAssignment({ clusterId: 'c', at, changed: many, gone: [testUid], unreadable: [], records: [] });
  assert.equal(journal.load().desired.length, 10_500);
  assert.deepEqual(journal.load().at, at);
});

test('what a record says of an order is on disk no later than the order, also where they take several transactions', async () => {
  const uidOf = (i: number) => asUid(`0195a3c1-7a44-7c1e-9b1f-${String(i).padStart(12, '0')}`);
  const changed = Array.from({ length: 10_500 }, (_, i) => aDesired({ uid: uidOf(i) }));
  const records = changed.map(({ uid }) => aRecord({ uid, orderedBy: { clusterId: 'c', epoch: 2 } }));
  for (const durableCommits of [1, 2, 3, 4]) {
    const medium = new MemoryMedium();
    const dying = createMemoryStore({ medium, decideFate: () => ({ kind: 'crash', durableCommits }) });
    const at = { epoch: 2, revision: 1 };
    createJournal(dying).saveAssignment({ clusterId: 'c', at, changed, gone: [], unreadable: [], records });
    await new Promise((resolve) => setImmediate(resolve));
    const image = createJournal(createMemoryStore({ medium })).load();
    const recorded = new Set(image.records.map(({ uid }) => uid));
    assert.deepEqual(
      image.desired.filter(({ uid }) => !recorded.has(uid)).map(({ uid }) => uid),
      [],
    );
  }
});

test('a journal that no longer says whose it is stops the agent', async () => {
  const store = createMemoryStore();
  await store.commit({ put: [{ key: 'identity', value: 3 }] });
  const journal = createJournal(store);
  try {
    journal.load();
    assert.fail('it loaded');
  } catch (error) {
    assert.equal(faultCode(error), 'journal_corrupt');
  }
});

test('a journal remembers the newest time at which something was known of an instance, never one still to come', () => {
  assert.equal(newestTimeIn({ records: [] }), 0);
  fc.assert(
    fc.property(arbitraryRecord, (record) => {
      const newest = newestTimeIn({ records: [record] });
      const past = record.history.at(-1);
      assert.ok(newest >= (record.incarnation?.stateSince ?? 0) && newest >= (past?.lastAt ?? past?.at ?? 0));
      assert.equal(newestTimeIn({ records: [{ ...record, restart: { attempt: 1, nextAt: newest + 1_000 } }] }), newest);
    }),
  );
});

test('what a node has of one cluster says nothing in another: its revision is forgotten with the join', async () => {
  const store = createMemoryStore();
  const journal = createJournal(store);
  await journal.saveIdentity('cluster-1');
  const rows = { changed: [aDesired()], gone: [], unreadable: [], records: [] };
  await journal.saveAssignment({ clusterId: 'cluster-1', at: { epoch: 1, revision: 7 }, ...rows });
  assert.deepEqual(journal.load().at, { epoch: 1, revision: 7 });
  await journal.saveIdentity('cluster-2');
  const { clusterId, at, desired } = journal.load();
  assert.deepEqual([clusterId, at, desired.map(({ uid }) => uid)], ['cluster-2', null, [testUid]]);
});
