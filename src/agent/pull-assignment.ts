/**
 * One session with the control plane: dial, agree on the cluster, pull assignments (each call hangs until there is news),
 * report beside it; when the session ends, dial again with backoff and jitter. The agent goes on converging meanwhile (F4).
 */

import { type BackoffPolicy, backoffDelayMs } from '../core/kit/backoff.ts';
import { Fault, faultCode } from '../core/kit/fault.ts';
import { isNewer } from '../core/node/assignment.ts';
import type { ControlSession, NodeHello, NodeService } from '../ports/control-link.ts';
import { pause } from '../ports/pause.ts';
import type { AgentContext } from './agent-context.ts';
import { applyAssignment } from './apply-assignment.ts';
import type { Reporter } from './report.ts';

/** Dialling again: at once at first, so that a restarted control plane is found in well under a second; never slower than this. */
const dialBackoff: BackoffPolicy = { baseMs: 100, maxMs: 10_000, jitter: 0.5 };

/** A session that lived this long was a good one: the backoff starts anew. */
const goodSessionMs = 10_000;

export interface Connecting {
  readonly ctx: AgentContext;
  readonly reporter: Reporter;
  readonly node: NodeService;
  readonly hello: () => Promise<Omit<NodeHello, 'session' | 'clusterId'>>;
}

export async function keepConnected(connecting: Connecting, signal: AbortSignal): Promise<void> {
  const { clock, random, log } = connecting.ctx.deps;
  let attempt = 0;
  while (!signal.aborted) {
    const began = clock.bootMs();
    try {
      await oneSession(connecting, signal);
    } catch (error) {
      if (signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      // What time does not mend is told at any level of the log, with the facts that mend it.
      const [tell, facts] =
        error instanceof Fault && error.retry === 'never' ? [log.error, error.details] : [log.info, {}];
      tell('not connected to the control plane', { code: faultCode(error), message, attempt, ...facts });
    }
    attempt = clock.bootMs() - began >= goodSessionMs ? 1 : attempt + 1;
    await pause(clock, backoffDelayMs(dialBackoff, attempt, random.next()), signal);
  }
}

async function oneSession({ ctx, reporter, node, hello }: Connecting, signal: AbortSignal): Promise<void> {
  const sessionId = ctx.deps.random.uuid();
  const base = await hello();
  const dial = () => ctx.deps.link.connect({ ...base, clusterId: ctx.clusterId, session: sessionId }, node, signal);
  const session = await dial().catch(async (error: unknown) => {
    if (!(error instanceof Fault) || error.code !== 'wrong_cluster') throw error;
    await agreeOnCluster(ctx, String(error.details['cluster_id'] ?? 'unknown'));
    // It joined that cluster just now.
    return await dial();
  });
  const over = new AbortController();
  session.closed.then((reason) => over.abort(new Fault('server_unreachable', `The session ended: ${reason}`)));
  const both = AbortSignal.any([signal, over.signal]);
  try {
    await agreeOnCluster(ctx, session.clusterId);
    ctx.deps.log.info('connected to the control plane', { session: sessionId });
    await Promise.race([pull(ctx, session, both), reporter.run(session, sessionId, both)]);
  } finally {
    over.abort(new Fault('server_unreachable', 'The session is over'));
    session.close();
  }
}

/**
 * A node belongs to the first cluster it met, until its operator names another for it to join. Joining destroys nothing: what
 * the first cluster assigned stays in force until the other one has spoken, and is unassigned after that.
 */
async function agreeOnCluster(ctx: AgentContext, clusterId: string): Promise<void> {
  if (ctx.clusterId === clusterId) return;
  if (ctx.clusterId !== null) {
    if (ctx.config.joinCluster !== clusterId) throw foreign(ctx, clusterId);
    const message = `This node left cluster "${ctx.clusterId}" and joined "${clusterId}", as its operator asked`;
    ctx.events.add(null, 'cluster_joined', message);
  }
  await ctx.journal.saveIdentity(clusterId);
  ctx.clusterId = clusterId;
  ctx.at = null;
}

function foreign(ctx: AgentContext, clusterId: string): Fault {
  const message = `Refused the control plane of cluster "${clusterId}": this node belongs to "${ctx.clusterId}"`;
  if (!ctx.refused.has(clusterId)) ctx.events.add(null, 'wrong_cluster', message);
  ctx.refused.add(clusterId);
  const details = { cluster_id: clusterId, node_cluster_id: ctx.clusterId };
  return new Fault('wrong_cluster', message, { retry: 'never', details });
}

/**
 * Each pull brings the whole set. While much changes, the next one waits as long as taking this one over took, at most this
 * long: changes of a large node then share a pull, and half of the time is left for acting on them. A small set takes no
 * time to speak of and waits for none.
 */
const pullPauseMaxMs = 500;
/** Below this a pause would cost more than it saves: nearly all of it is the sync of the journal. */
const pullPauseMinMs = 10;

async function pull(ctx: AgentContext, session: ControlSession, signal: AbortSignal): Promise<void> {
  const { clock } = ctx.deps;
  for (;;) {
    signal.throwIfAborted();
    const held = ctx.rereads ? null : ctx.at;
    const assignment = await session.getAssignment(held, signal);
    const arrivedMs = clock.bootMs();
    if (assignment.clusterId !== ctx.clusterId) throw foreign(ctx, assignment.clusterId);
    if (!isNewer(assignment.at, held)) {
      throw new Fault('bad_answer', 'The control plane answered with an assignment that is not newer', {
        retry: 'later',
      });
    }
    const isFirst = ctx.at === null;
    await applyAssignment(ctx, assignment);
    ctx.rereads = false;
    // The cluster has spoken: the policy for what no assignment names may act now.
    if (isFirst) ctx.rescan();
    const pauseMs = Math.min(clock.bootMs() - arrivedMs, pullPauseMaxMs);
    if (pauseMs > pullPauseMinMs) await clock.sleep(pauseMs, signal);
  }
}
