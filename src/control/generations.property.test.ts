import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VmRecord } from '../core/instance/vm-record.ts';
import { sameJson } from '../core/kit/same-json.ts';
import { applyBatch } from './operations/apply-batch.ts';
import { createVm } from './operations/create-vm.ts';
import { deleteVm } from './operations/delete-vm.ts';
import { patchVm } from './operations/patch-vm.ts';
import { pauseVm } from './operations/sync-verb-vm.ts';
import { verbVm } from './operations/verb-vm.ts';
import type { FakeNode } from './testing/fake-node.ts';
import { aBody, admin, aPlane, type TestPlane } from './testing/test-plane.ts';

const names = ['a', 'b', 'c'] as const;
const verbs = ['start', 'stop', 'poweroff', 'reboot', 'pause', 'resume'] as const;

type Step =
  | { readonly kind: 'create' | 'delete' | 'follow' | 'restart_plane'; readonly name: string }
  | { readonly kind: 'verb'; readonly name: string; readonly verb: (typeof verbs)[number] }
  | { readonly kind: 'patch' | 'apply'; readonly name: string; readonly body: object }
  | { readonly kind: 'twice'; readonly name: string };

const name = fc.constantFrom(...names);
const body = fc.oneof(
  fc.record({ memory_mib: fc.constantFrom(128, 256, 512) }),
  fc.record({ labels: fc.record({ app: fc.constantFrom('x', 'y') }) }),
  fc.record({ restart_policy: fc.constantFrom('never', 'on_failure', 'always') }),
  fc.record({ desired_phase: fc.constantFrom('running', 'stopped') }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('create' as const, 'delete' as const), name }),
  fc.record({ kind: fc.constantFrom('follow' as const, 'follow' as const, 'restart_plane' as const), name }),
  fc.record({ kind: fc.constant('verb' as const), name, verb: fc.constantFrom(...verbs) }),
  fc.record({ kind: fc.constantFrom('patch' as const, 'patch' as const, 'apply' as const), name, body }),
  fc.record({ kind: fc.constant('twice' as const), name }),
);

const any = { ifMatch: null };
const consent = { onRestart: 'restart', allowReplace: true } as const;

class World {
  plane: TestPlane;
  node: FakeNode;
  #lives = 1;

  constructor(plane: TestPlane, node: FakeNode) {
    this.plane = plane;
    this.node = node;
  }

  records(): ReadonlyMap<string, VmRecord> {
    const found = names.flatMap((known) => {
      const vm = this.plane.plane.model.get(known);
      return vm === undefined ? [] : [[known, vm.record] as const];
    });
    return new Map(found);
  }

  async run(what: Step): Promise<void> {
    const { ctx, sync } = this.plane.plane;
    switch (what.kind) {
      case 'create':
        await createVm(ctx, admin, aBody(what.name), { ifNoneMatch: false });
        return;
      case 'delete':
        await deleteVm(ctx, admin, what.name, { ...any, graceful: false, forget: false });
        return;
      case 'patch':
        await patchVm(ctx, admin, what.name, { body: what.body, options: { ...any, ...consent } });
        return;
      case 'apply': {
        const document = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...aBody(what.name, what.body) };
        await applyBatch(ctx, admin, { documents: [document], consent, prune: null });
        return;
      }
      case 'twice':
        await Promise.all(
          [1, 2, 3].map((at) =>
            patchVm(ctx, admin, what.name, {
              body: { annotations: { [`k${at}`]: 'v' }, memory_mib: 100 + at },
              options: { ...any, ...consent },
            }),
          ),
        );
        return;
      case 'verb':
        if (what.verb === 'pause' || what.verb === 'resume') {
          await pauseVm(sync, admin, what.name, { verb: what.verb, precondition: any });
        } else await verbVm(ctx, admin, what.name, { verb: what.verb, precondition: any });
        return;
      case 'follow':
        await this.follow();
        return;
      default:
        await this.restart();
    }
  }

  async follow(): Promise<void> {
    await this.plane.clock.settle();
    const stop = new AbortController();
    const pulled = this.node.pull(stop.signal).catch(() => null);
    await this.plane.clock.settle();
    stop.abort(new Error('no news'));
    await pulled;
    await this.node.obey();
    await this.plane.clock.settle();
  }

  /** The control plane dies and comes back on the same store; the node stays as it is. */
  async restart(): Promise<void> {
    const { medium, clock, plane } = this.plane;
    await this.plane.stop();
    this.plane = await aPlane({ medium, clock });
    this.#lives += 1;
    const next = await this.plane.node({ session: `life-${this.#lives}`, clusterId: plane.clusterId });
    for (const [uid, observed] of this.node.observed) next.observed.set(uid, observed);
    this.node = next;
  }
}

/** What the generation counts: everything users asked for that a node can see. */
const desiredOf = ({ spec, desiredPhase, desiredPaused, run, stopMode }: VmRecord) => ({
  spec,
  desiredPhase,
  desiredPaused,
  run,
  stopMode,
});

function checkStep(before: ReadonlyMap<string, VmRecord>, after: ReadonlyMap<string, VmRecord>, what: Step): void {
  for (const [known, now] of after) {
    const was = before.get(known);
    if (was === undefined || was.uid !== now.uid) {
      assert.equal(now.generation, 1, 'a new VM begins at generation 1');
      continue;
    }
    const grown = now.generation - was.generation;
    assert.ok(grown >= 0, 'generations only grow (S2)');
    assert.ok(now.run >= was.run, 'runs only grow');
    if (what.kind !== 'twice') assert.ok(grown <= 1, `one step, one generation, not ${grown} (${what.kind})`);
    const changed = !sameJson(desiredOf(was), desiredOf(now));
    if (changed) assert.ok(grown >= 1, 'desired state never changes without a generation (S2)');
    else if (what.kind !== 'verb' && what.kind !== 'twice')
      assert.equal(grown, 0, `nothing changed but the generation grew (${what.kind})`);
  }
}

function checkReadings(world: World): void {
  for (const known of names) {
    const reading = world.plane.plane.model.get(known)?.reading;
    if (reading === undefined) continue;
    const { record, observation } = reading.view;
    const observed = observation?.instance;
    if (observed === undefined) continue;
    assert.ok(observed.observedGeneration <= observed.seenGeneration, 'realised is seen first (S2b)');
    assert.ok(observed.seenGeneration <= record.generation, 'nothing is seen before it is asked for (S2b)');
    if (reading.inSync) assert.equal(observed.observedGeneration, record.generation, 'in sync is at the generation');
    assert.equal(reading.reason !== null, ['pending', 'error', 'orphaned'].includes(reading.phase));
  }
}

test('any sequence of verbs, patches and restarts keeps the rules of generations (S2, S2b)', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const plane = await aPlane();
      const world = new World(plane, await plane.node());
      let before = world.records();
      for (const what of steps) {
        await world.run(what);
        await world.plane.clock.settle();
        const after = world.records();
        checkStep(before, after, what);
        checkReadings(world);
        before = after;
      }
      for (let round = 0; round < 3; round += 1) await world.follow();
      for (const known of world.records().keys()) {
        const reading = world.plane.plane.model.get(known)?.reading;
        assert.equal(reading?.inSync, true, `${known} is ${reading?.phase}: ${JSON.stringify(reading?.drift)}`);
      }
      assert.deepEqual([...world.plane.plane.model.index.uidsWithTasks()], [], 'every task has ended');
      await world.plane.stop();
    }),
    { numRuns: 100 },
  );
});
