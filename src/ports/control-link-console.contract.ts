/** The part of the control link's contract that speaks of consoles. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ConsoleViewer, NodeService } from './control-link.ts';
import { hasCode, type LinkUnderTest, never, type OpenLink, uid, withLink } from './control-link-harness.contract.ts';
import { survivors } from './testing/collect-garbage.ts';
import {
  aConsoleNode,
  aHello,
  aNode,
  anObservation,
  aReport,
  type Plane,
  until,
} from './testing/control-link-samples.ts';

export function consoleCases(open: OpenLink): void {
  const viewerOf = () => {
    const seen = { bytes: [] as number[], closed: [] as string[] };
    return {
      seen,
      viewer: {
        data: async (bytes: Uint8Array) => {
          seen.bytes.push(...bytes);
        },
        closed: (because: string) => {
          seen.closed.push(because);
        },
      },
    };
  };

  it('a console carries bytes both ways, in order, and closes once', () =>
    withLink(open, async ({ link }, plane) => {
      const guest = aConsoleNode();
      await link.connect(aHello(), guest.node, never);
      const { seen, viewer } = viewerOf();
      const session = await plane.node().openConsole(uid, 4096, viewer, never);
      assert.equal(session.incarnationId, guest.incarnationId);
      assert.equal(session.historyBytes, guest.historyBytes);
      await until(() => guest.viewers.length === 1);
      for (let i = 0; i < 50; i++) guest.viewers[0]?.data(Uint8Array.from([i]));
      await until(() => seen.bytes.length === 50);
      assert.deepEqual(
        seen.bytes,
        Array.from({ length: 50 }, (_, i) => i),
      );
      for (let i = 0; i < 50; i++) await session.write(Uint8Array.from([i]));
      assert.deepEqual(
        guest.typed,
        Array.from({ length: 50 }, (_, i) => i),
      );
      guest.viewers[0]?.closed('the guest powered off');
      await until(() => seen.closed.length === 1);
      assert.deepEqual(seen.closed, ['the guest powered off']);
      session.close();
      await until(() => guest.closed === 1);
    }));

  it('a slow viewer holds back only its own stream', () =>
    withLink(open, async ({ link }, plane) => {
      const guest = aConsoleNode();
      const nodeSession = await link.connect(aHello(), guest.node, never);
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      await plane.node().openConsole(uid, 0, { data: () => gate, closed: () => undefined }, never);
      let taken = false;
      const data = guest.viewers[0]?.data(new Uint8Array(1_000));
      data?.then(() => {
        taken = true;
      });
      await nodeSession.report(aReport(1), never);
      assert.deepEqual(await plane.node().converge(uid, 1, never), anObservation(uid, 'running'));
      assert.equal(taken, false);
      release();
      await until(() => taken);
    }));

  it('a cut closes the console on both sides', () =>
    withLink(open, async ({ link, cut }, plane) => {
      const guest = aConsoleNode();
      await link.connect(aHello(), guest.node, never);
      const { seen, viewer } = viewerOf();
      await plane.node().openConsole(uid, 0, viewer, never);
      cut();
      await until(() => seen.closed.length === 1 && guest.closed === 1);
    }));
  /** Opens consoles one after the other and closes those that open; what is held of them, by either side, while the link goes on. */
  const heldOf = async (under: LinkUnderTest, plane: Plane, answer: NodeService['openConsole']): Promise<number> => {
    const made: WeakRef<object>[] = [];
    const openConsole: NodeService['openConsole'] = async (of, scrollback, viewer, signal) => {
      const session = await answer(of, scrollback, viewer, signal);
      made.push(new WeakRef(session));
      return session;
    };
    const nodeSession = await under.link.connect(aHello(), aNode({ openConsole }), never);
    const once = async (): Promise<void> => {
      const { viewer } = viewerOf();
      made.push(new WeakRef(viewer));
      const session = await plane
        .node()
        .openConsole(uid, 0, viewer, never)
        .catch(() => null);
      session?.close();
    };
    for (let consoles = 0; consoles < 20; consoles += 1) await once();
    // Behind all that was said of them.
    await nodeSession.report(aReport(1), never);
    await plane.node().converge(uid, 1, never);
    const held = await survivors(made);
    assert.ok(made.length >= 20);
    return held;
  };

  it('holds nothing of a console that was closed, for as long as the connection may go on', () =>
    withLink(open, async (under, plane) => {
      const answer = async (_uid: unknown, _scrollback: number, viewer: ConsoleViewer) => ({
        incarnationId: aConsoleNode().incarnationId,
        historyBytes: 0,
        write: async () => undefined,
        close: () => viewer.closed('it was closed'),
      });
      // The last ones may still be on a stack.
      assert.ok((await heldOf(under, plane, answer)) < 10);
    }));

  it('holds nothing of a console that was refused, and tells its viewer nothing more', () =>
    withLink(open, async (under, plane) => {
      assert.ok((await heldOf(under, plane, aNode().openConsole)) < 10);
      const { seen, viewer } = viewerOf();
      await assert.rejects(plane.node().openConsole(uid, 0, viewer, never), hasCode('not_running'));
      await plane.node().converge(uid, 1, never);
      assert.deepEqual(seen.closed, []);
    }));
}
