/**
 * Reports of agents → rows (spec S31). Observed state never edits desired state, with the one exception of spec §9: after a
 * restore, generations are raised above the highest a node reports.
 */
import type { FailureReason } from '../core/instance/failure-reason.ts';
import type { Uid } from '../core/kit/brand.ts';
import type { StoredObservation } from '../core/node/apply-report.ts';
import { type AssignmentRevision, isNewer } from '../core/node/assignment.ts';
import type { ObservedInstance } from '../core/node/observation.ts';
import type { NodeReport } from '../ports/control-link.ts';
import type { AdoptionDeps } from './adopt-unassigned.ts';
import { commitObservations, isPlacedOn, type ReportSource } from './apply-observations.ts';
import { type ControlDeps, ingestSlice } from './control-config.ts';
import { nodePrincipal } from './new-event.ts';
import { commitNodeNews, eventRowsOf, type Rows } from './node-news.ts';
import type { NodeSession } from './node-sessions.ts';
import { inOwnTime, nextSkew } from './node-time.ts';
import type { ReadModel } from './read-model.ts';
import { finishRemoval } from './removal.ts';
import { observationKey, readRow } from './rows.ts';

/** Applies one observation that a synchronous verb brought back. */
export type IngestObservation = (session: NodeSession, observed: ObservedInstance) => Promise<void>;

export interface Ingest {
  /** Resolves once everything of the report that matters is durable. */
  report(session: NodeSession, report: NodeReport, assigned: AssignmentRevision): Promise<void>;
  readonly observation: IngestObservation;
}

export function createIngest(deps: AdoptionDeps): Ingest {
  const { model, log } = deps;

  const observations = async (
    session: NodeSession,
    source: ReportSource,
    instances: readonly ObservedInstance[],
    events: Rows = [],
  ): Promise<void> => {
    let news = events;
    for (let from = 0; from < instances.length || news.length > 0; from += ingestSlice) {
      const slice = instances.slice(from, from + ingestSlice);
      await commitObservations(deps, session, source, { instances: slice, news });
      news = [];
    }
  };
  const byOwnClock = (session: NodeSession, instances: readonly ObservedInstance[]): readonly ObservedInstance[] =>
    instances.map((instance) => inOwnTime(instance, session.clockSkewMs ?? 0));

  return {
    async report(session, report, assigned) {
      if (report.sequence <= session.lastSequence) return;
      session.lastSequence = report.sequence;
      session.clockSkewMs = nextSkew(session.clockSkewMs, report.sentAt, deps.clock.now());
      const skewMs = session.clockSkewMs;
      for (const { uid, metrics, observedAt } of report.metrics) {
        model.setMetrics(uid, { metrics, observedAt: observedAt + skewMs });
      }
      const isOfLostStore = report.seen !== null && report.seen.epoch < deps.store.epoch;
      const source = { sequence: report.sequence, isOfLostStore };
      const events = eventRowsOf(deps, session, report);
      await observations(session, source, byOwnClock(session, report.instances), events);
      if (report.full && report.seen !== null && !isNewer(assigned, report.seen)) {
        await observations(session, source, unknownToNode(deps, session.node, report));
      }
      if (report.full) session.account();
      for (const uid of report.removed) {
        if (!isPlacedOn(deps, uid, session.node)) continue;
        if (await finishRemoval(deps, uid, nodePrincipal(session.node))) log.info('Removed', { uid });
      }
      await commitNodeNews(deps, session, report);
    },
    observation: (session, observed) =>
      observations(session, { sequence: session.lastSequence, isOfLostStore: false }, byOwnClock(session, [observed])),
  };
}

/** S32: instances that the node holds in its assignment and has reported before, but knows no more. */
function unknownToNode(
  { store, clock, model }: ControlDeps & { readonly model: ReadModel },
  node: string,
  report: NodeReport,
): readonly ObservedInstance[] {
  const known = new Set<Uid>(report.instances.map(({ uid }) => uid));
  const removed = new Set<Uid>(report.removed);
  const lost: ObservedInstance[] = [];
  for (const uid of model.index.onNode(node)) {
    if (known.has(uid) || removed.has(uid)) continue;
    const row = readRow<StoredObservation>(store, observationKey(uid))?.value;
    if (row === undefined || row.instance.failure?.reason.code === 'no_such_instance') continue;
    const reason: FailureReason = {
      code: 'no_such_instance',
      message: `The agent of node ${node} no longer knows the instance`,
      at: clock.now(),
      details: {},
    };
    const { instance } = row;
    const run = instance.incarnation?.run ?? 0;
    lost.push({
      ...instance,
      incarnation: null,
      guest: 'none',
      facts: null,
      waiting: null,
      failure: { reason, generation: instance.seenGeneration, run },
    });
  }
  return lost;
}
