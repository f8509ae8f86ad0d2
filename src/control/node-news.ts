/** What a report says beside its instances: events, and what the node has that nobody assigned. */
import type { Json } from '../core/kit/json.ts';
import { sameJson } from '../core/kit/same-json.ts';
import { type NodeReport, reportEventsMax } from '../ports/control-link.ts';
import { type AdoptionDeps, adoptUnassigned } from './adopt-unassigned.ts';
import { isPlacedOn, notStored } from './apply-observations.ts';
import { type ControlDeps, commitAttemptsMax } from './control-config.ts';
import { newEvent, nodePrincipal } from './new-event.ts';
import type { NodeSession } from './node-sessions.ts';
import { type NodeRow, nodeKey, put, readRow, type UnassignedRow, type VmUidRow, vmUidKey } from './rows.ts';

export type Rows = readonly { readonly key: string; readonly value: Json }[];

/** Events of the report, as rows. */
export function eventRowsOf({ store, random, log }: ControlDeps, session: NodeSession, report: NodeReport): Rows {
  const by = nodePrincipal(session.node);
  const kept = report.events.slice(0, reportEventsMax);
  if (kept.length < report.events.length) {
    log.warn('Dropped events of a report', { node: session.node, dropped: report.events.length - kept.length });
  }
  return kept.map((event) => {
    const name = event.uid === null ? undefined : readRow<VmUidRow>(store, vmUidKey(event.uid))?.value.name;
    const record = event.uid === null || name === undefined ? null : { uid: event.uid, name };
    return newEvent(random, { at: event.at, code: event.code, message: event.message, record, node: session.node, by });
  });
}

/** What changed about the node itself. */
export async function commitNodeNews(deps: AdoptionDeps, session: NodeSession, report: NodeReport): Promise<void> {
  const { store } = deps;
  const left = await adoptUnassigned(deps, session.node, report.unassigned);
  const unassigned: readonly UnassignedRow[] = report.unassigned
    .filter(({ uid }) => !isPlacedOn(deps, uid, session.node))
    .map(({ uid, name, state }) => ({ uid, name, state, notAdopted: left.get(uid) ?? null }));
  const key = nodeKey(session.node);
  for (let tries = 0; tries < commitAttemptsMax; tries += 1) {
    const node = readRow<NodeRow>(store, key);
    const changed = node !== undefined && !sameJson(node.value.unassigned, unassigned);
    const news = changed ? unassignedEvents(deps, session.node, node.value.unassigned, unassigned) : [];
    const all = [...news, ...(changed ? [put(key, { ...node.value, unassigned })] : [])];
    if (all.length === 0) return;
    const expect = changed ? [{ key, modRevision: node.modRevision }] : [];
    if ((await store.commit({ expect, put: all })).ok) return;
  }
  throw notStored(session.node);
}

const whatIsThere = { running: 'a running VM', leftover: 'leftovers of a VM' } as const;

/** Absence never destroys: what nobody assigned is left as it is and told of once, with each reason why it is not adopted. */
function unassignedEvents(
  { random, clock }: ControlDeps,
  node: string,
  before: readonly UnassignedRow[],
  after: readonly UnassignedRow[],
): Rows {
  const known = new Map(before.map(({ uid, notAdopted }) => [uid, notAdopted ?? null]));
  const why = (because: string | null | undefined): string => (because ? `, and not adopted: ${because}` : '');
  return after
    .filter(({ uid, notAdopted }) => !known.has(uid) || (notAdopted && notAdopted !== known.get(uid)))
    .map(({ uid, name, state, notAdopted }) =>
      newEvent(random, {
        at: clock.now(),
        code: 'unassigned_runtime',
        message: `Node ${node} has ${whatIsThere[state]} that nobody assigned: ${name ?? uid}; it is left as it is${why(notAdopted)}`,
        record: null,
        node,
        by: nodePrincipal(node),
      }),
    );
}
