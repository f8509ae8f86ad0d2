/**
 * What every control link must do, whatever carries it. The suite plays both sides: a control plane that records what it
 * hears, and a node that answers. It waits on evidence only; a link that never settles a call runs into the test's time limit.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import type { ControlService } from './control-link.ts';
import { consoleCases } from './control-link-console.contract.ts';
import { hasCode, never, type OpenLink, uid, withLink } from './control-link-harness.contract.ts';
import {
  aDesired,
  aHello,
  aNode,
  anAssignment,
  anObservation,
  aReport,
  createPlane,
  until,
} from './testing/control-link-samples.ts';

export function controlLinkContract(name: string, open: OpenLink): void {
  describe(`control link contract: ${name}`, { timeout: 180_000 }, () => {
    pullCases(open);
    reportCases(open);
    reverseCases(open);
    disconnectCases(open);
    consoleCases(open);
  });
}

function pullCases(open: OpenLink): void {
  it('carries the hello unchanged and hands back cluster id and heartbeat', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      assert.equal(session.clusterId, 'cluster-1');
      assert.equal(session.heartbeatMs, 30_000);
      assert.deepEqual(plane.hellos, [aHello()]);
    }));

  it('S15 a pull hangs until there is a newer assignment, then brings the whole set', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      let settled = false;
      const pull = session.getAssignment(null, never);
      pull.then(() => {
        settled = true;
      });
      await until(() => plane.pulls.length === 1);
      assert.equal(settled, false);
      const whole = anAssignment(7, [aDesired(1), aDesired(2)]);
      plane.publish(whole);
      assert.deepEqual(await pull, whole);
      plane.publish(anAssignment(8, [aDesired(2)]));
      assert.deepEqual(await session.getAssignment(whole.at, never), anAssignment(8, [aDesired(2)]));
      assert.deepEqual(plane.pulls.at(-1), whole.at);
    }));

  it('sends the body of a specification once in a session (rule 5)', () =>
    withLink(open, async (under, plane) => {
      const session = await under.link.connect(aHello(), aNode(), never);
      const many = Array.from({ length: 200 }, (_, i) => aDesired(i));
      plane.publish(anAssignment(1, many));
      const first = await session.getAssignment(null, never);
      const afterFirst = under.bytesToNode();
      plane.publish(anAssignment(2, [...many.slice(1), aDesired(900)]));
      const second = await session.getAssignment(first.at, never);
      assert.deepEqual(second.instances, [...many.slice(1), aDesired(900)]);
      const afterSecond = under.bytesToNode();
      if (afterFirst === undefined || afterSecond === undefined) return;
      assert.ok(afterSecond - afterFirst < afterFirst / 2, `${afterFirst} bytes, then ${afterSecond - afterFirst}`);
    }));

  it('brings a change of one instance at the cost of a few, whatever the size of the set (rule 5)', () =>
    withLink(open, async (under, plane) => {
      const session = await under.link.connect(aHello(), aNode(), never);
      const many = Array.from({ length: 3_000 }, (_, i) => aDesired(i));
      plane.publish(anAssignment(1, many));
      const first = await session.getAssignment(null, never);
      const afterFirst = under.bytesToNode();
      const changed = many.map((desired, i) => (i === 1_500 ? { ...desired, generation: 9 } : desired));
      plane.publish(anAssignment(2, changed));
      assert.deepEqual((await session.getAssignment(first.at, never)).instances, changed);
      const afterSecond = under.bytesToNode();
      if (afterFirst === undefined || afterSecond === undefined) return;
      assert.ok(afterSecond - afterFirst < 64_000, `${afterFirst} bytes, then ${afterSecond - afterFirst}`);
    }));

  it('carries a set of 2,000 instances whole', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      const many = Array.from({ length: 2_000 }, (_, i) => aDesired(i));
      plane.publish(anAssignment(1, many));
      assert.deepEqual((await session.getAssignment(null, never)).instances, many);
    }));

  it('cancels a hanging pull on both sides', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      const controller = new AbortController();
      const pull = session.getAssignment(null, controller.signal);
      await until(() => plane.pulls.length === 1);
      controller.abort(new Fault('cancelled', 'enough'));
      await assert.rejects(pull, hasCode('cancelled'));
      await until(() => plane.abortedPulls === 1);
      plane.publish(anAssignment(3, [aDesired(1)]));
      assert.equal((await session.getAssignment(null, never)).at.revision, 3);
    }));

  it('what came for a pull that was given up counts as unsent: the next one brings it whole', () => {
    const plane = createPlane();
    const deaf: ControlService = {
      connect: async (...hello) => {
        const session = await plane.service.connect(...hello);
        return { ...session, getAssignment: (lastSeen) => session.getAssignment(lastSeen, never) };
      },
    };
    return withLink(
      open,
      async ({ link }) => {
        const session = await link.connect(aHello(), aNode(), never);
        const controller = new AbortController();
        const pull = session.getAssignment(null, controller.signal);
        await until(() => plane.pulls.length === 1);
        controller.abort(new Fault('cancelled', 'enough'));
        await assert.rejects(pull, hasCode('cancelled'));
        // Calls of a session come in order: after this one the other side knows.
        await session.report(aReport(1), never);
        const whole = anAssignment(3, [aDesired(1), aDesired(2)]);
        plane.publish(whole);
        assert.deepEqual(await session.getAssignment(null, never), whole);
      },
      { ...plane, service: deaf },
    );
  });

  it('a call with a signal that is aborted already does nothing', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      const reason = new Fault('cancelled', 'before it began');
      await assert.rejects(session.getAssignment(null, AbortSignal.abort(reason)), hasCode('cancelled'));
      plane.publish(anAssignment(1, []));
      await session.getAssignment(null, never);
      assert.equal(plane.pulls.length, 1);
    }));
}

function reportCases(open: OpenLink): void {
  it('carries a report with every kind of observation without loss', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      await session.report(aReport(1), never);
      await session.report(aReport(2), never);
      assert.deepEqual(plane.reports, [aReport(1), aReport(2)]);
    }));

  it('keeps code, retry, message and details of a refusal', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      plane.refuseReports = new Fault('store_full', 'Cannot store the report: disk full', {
        retry: 'now',
        details: { free_bytes: 0, pools: ['a', 'b'] },
      });
      await assert.rejects(session.report(aReport(1), never), (error: unknown) => {
        assert.ok(error instanceof Fault);
        assert.deepEqual(
          [error.code, error.retry, error.message, error.details],
          ['store_full', 'now', 'Cannot store the report: disk full', { free_bytes: 0, pools: ['a', 'b'] }],
        );
        return true;
      });
      plane.refuseReports = null;
      await session.report(aReport(2), never);
      assert.deepEqual(plane.reports, [aReport(2)]);
    }));

  it('a refused connect says why and leaves nothing open', () =>
    withLink(open, async ({ link }, plane) => {
      plane.refuseConnect = new Fault('node_in_use', 'Node "n1" has a live session', { retry: 'later' });
      await assert.rejects(link.connect(aHello(), aNode(), never), hasCode('node_in_use'));
      plane.refuseConnect = null;
      const session = await link.connect(aHello(), aNode(), never);
      plane.publish(anAssignment(1, []));
      assert.equal((await session.getAssignment(null, never)).at.revision, 1);
    }));
}

function reverseCases(open: OpenLink): void {
  it('the control plane calls the node over the connection of the node', () =>
    withLink(open, async ({ link }, plane) => {
      const calls: unknown[] = [];
      const node = aNode({
        converge: async (of, generation) => {
          calls.push(['converge', of, generation]);
          return anObservation(of, 'running');
        },
        reset: async (of) => {
          calls.push(['reset', of]);
          return anObservation(of, 'paused');
        },
        readLog: async (of, maxBytes) => {
          calls.push(['readLog', of, maxBytes]);
          return Uint8Array.from([0, 255, 10]);
        },
      });
      await link.connect(aHello(), node, never);
      assert.deepEqual(await plane.node().converge(uid, 4, never), anObservation(uid, 'running'));
      assert.deepEqual(await plane.node().reset(uid, never), anObservation(uid, 'paused'));
      assert.deepEqual([...(await plane.node().readLog(uid, 64, never))], [0, 255, 10]);
      assert.deepEqual(calls, [
        ['converge', uid, 4],
        ['reset', uid],
        ['readLog', uid, 64],
      ]);
    }));

  it('a refusal of the node keeps its code', () =>
    withLink(open, async ({ link }, plane) => {
      const refuse = async () => {
        throw new Fault('not_running', 'Cannot reset VM "db": it is not running', { retry: 'never' });
      };
      await link.connect(aHello(), aNode({ reset: refuse }), never);
      await assert.rejects(plane.node().reset(uid, never), hasCode('not_running'));
    }));

  it('cancels a call to the node, and the node sees it', () =>
    withLink(open, async ({ link }, plane) => {
      let begun = false;
      let cancelled = false;
      const node = aNode({
        converge: (_uid, _generation, signal) =>
          new Promise((_resolve, reject) => {
            begun = true;
            signal.addEventListener('abort', () => {
              cancelled = true;
              reject(signal.reason);
            });
          }),
      });
      await link.connect(aHello(), node, never);
      const controller = new AbortController();
      const call = plane.node().converge(uid, 1, controller.signal);
      await until(() => begun);
      controller.abort(new Fault('deadline_exceeded', 'too slow'));
      await assert.rejects(call, hasCode('deadline_exceeded'));
      await until(() => cancelled);
    }));
}

function disconnectCases(open: OpenLink): void {
  it('a cut fails the hanging pull, settles `closed` and tells the control plane', () =>
    withLink(open, async ({ link, cut }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      const pull = session.getAssignment(null, never);
      await until(() => plane.pulls.length === 1);
      cut();
      await assert.rejects(pull, hasCode('server_unreachable'));
      assert.equal(typeof (await session.closed), 'string');
      await until(() => plane.closedSessions === 1 && plane.abortedPulls === 1);
      await assert.rejects(session.report(aReport(1), never), hasCode('server_unreachable'));
    }));

  it('a cut during a call to the node leaves its outcome unknown; a later call changes nothing', () =>
    withLink(open, async ({ link, cut }, plane) => {
      let begun = false;
      const node = aNode({
        reset: () => {
          begun = true;
          return new Promise(() => undefined);
        },
      });
      await link.connect(aHello(), node, never);
      const call = plane.node().reset(uid, never);
      await until(() => begun);
      cut();
      await assert.rejects(call, hasCode('outcome_unknown'));
      await assert.rejects(plane.node().reset(uid, never), hasCode('node_unreachable'));
    }));

  it('the node closes: the control plane sees its session closed once', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      session.close();
      session.close();
      await session.closed;
      await until(() => plane.closedSessions === 1);
      await assert.rejects(session.getAssignment(null, never), hasCode('server_unreachable'));
    }));

  it('the control plane ends the session: the node sees it and may dial again', () =>
    withLink(open, async ({ link }, plane) => {
      const session = await link.connect(aHello(), aNode(), never);
      plane.endSession('another session took over');
      await session.closed;
      const again = await link.connect(aHello(), aNode(), never);
      plane.publish(anAssignment(1, []));
      assert.equal((await again.getAssignment(null, never)).at.revision, 1);
    }));

  it('dialling a control plane that is not there fails as server_unreachable', () =>
    withLink(open, async ({ link, unplug }) => {
      await unplug();
      await assert.rejects(link.connect(aHello(), aNode(), never), hasCode('server_unreachable'));
    }));
}
