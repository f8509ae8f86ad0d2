/** The watch of VMs over server-sent events. One serialised frame per event and variant, however many watch. */

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Uid } from '../../core/kit/brand.ts';
import type { StoreEntry } from '../../ports/store.ts';
import { isUnfiltered, matchesVm, mayHaveMatched, type VmFilter } from '../operations/list-vms.ts';
import { isRefused } from '../refusal.ts';
import { vmPrefix } from '../rows.ts';
import type { VmEvent } from '../vm-events.ts';
import type { OpenStreams } from './open-streams.ts';
import { type RouteContext, seesSecrets } from './route-context.ts';
import { beginSse, frame, type ResumePoint, relistRequired, resumeRevision, type SseStream } from './sse-stream.ts';
import { cutDocument } from './vm-list-route.ts';

export interface VmWatchRequest {
  readonly filter: VmFilter;
  readonly fields: readonly string[] | null;
  readonly resume: ResumePoint;
}

export interface VmStream {
  open(request: FastifyRequest, reply: FastifyReply, watch: VmWatchRequest): FastifyReply;
}

export function createVmStream(ctx: RouteContext, streams: OpenStreams): VmStream {
  const { plane, envelopes } = ctx;
  const frames = new WeakMap<VmEvent, Map<string, Buffer>>();

  const frameOf = (event: VmEvent, type: VmEvent['type'], variant: Variant): Buffer => {
    const made = frames.get(event) ?? new Map<string, Buffer>();
    frames.set(event, made);
    const key = `${type} ${variant.key}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const data = `{"type":"${type}","revision":${event.revision},"object":${objectText(event, type, variant)}}`;
    const buffer = frame(event.resumeAt, type, data);
    made.set(key, buffer);
    return buffer;
  };

  return {
    open(request, reply, { filter, fields, resume }) {
      const { store } = plane.ctx;
      const full = streams.refusal();
      if (full !== null) return envelopes.refusal(reply, full);
      const point = resumeRevision(store, resume);
      if (isRefused(point)) return envelopes.refusal(reply, point);
      const variant = variantOf(fields, seesSecrets(request));
      const sort = createSorter(ctx, filter);
      let stream: SseStream | null = null;
      const watch = plane.watches.watch(point.from, (event) => {
        const type = sort(event);
        if (type === null) return;
        stream?.send(() => frameOf(event, type, variant));
      });
      if (watch.kind === 'compacted') {
        return envelopes.refusal(reply, relistRequired(store, point.from ?? 0, watch.oldestRevision));
      }
      // Nothing is told before this turn ends.
      const live = beginSse(reply, store.epoch, () => {
        watch.close();
        streams.remove(live);
      });
      stream = live;
      streams.add(live);
      return reply;
    },
  };
}

interface Variant {
  readonly key: string;
  readonly fields: readonly string[] | null;
  readonly secrets: boolean;
}

function variantOf(fields: readonly string[] | null, secrets: boolean): Variant {
  return { key: `${secrets ? 's' : 'h'} ${fields?.join() ?? '*'}`, fields, secrets };
}

/** The object of an event: `deleted` carries only the identity. */
function objectText(event: VmEvent, type: VmEvent['type'], { fields, secrets }: Variant): string {
  if (event.type === 'deleted' || type === 'deleted') {
    const { name, uid } = event.type === 'deleted' ? event.record : event.vm.record;
    return JSON.stringify({ kind: 'VirtualMachine', name, uid });
  }
  return fields === null ? event.vm.body(secrets).toString() : JSON.stringify(cutDocument(event.vm, fields, secrets));
}

/**
 * What an event is to a watcher with a filter: a VM that comes to match is `added`, one that matches no more is
 * `deleted`, and of one that never matched it hears nothing, of the past neither.
 */
function createSorter(
  { plane }: RouteContext,
  filter: VmWatchRequest['filter'],
): (event: VmEvent) => VmEvent['type'] | null {
  if (isUnfiltered(filter)) return (event) => event.type;
  const isNamed = (name: string): boolean => filter.name === undefined || filter.name === name;
  const inside = new Set<Uid>();
  const names = filter.name === undefined ? plane.ctx.store.list(vmPrefix).map(nameOf) : [filter.name];
  for (const name of names) {
    const vm = plane.model.get(name);
    if (vm !== undefined && matchesVm(filter, vm)) inside.add(vm.record.uid);
  }
  const wasInside = ({ before }: VmEvent, uid: Uid): boolean => {
    if (before === undefined) return inside.has(uid);
    const past = before();
    return past !== null && mayHaveMatched(filter, past);
  };
  return (event) => {
    const { uid, name } = event.type === 'deleted' ? event.record : event.vm.record;
    if (!isNamed(name)) return null;
    const was = wasInside(event, uid);
    if (event.type !== 'deleted' && matchesVm(filter, event.vm)) {
      inside.add(uid);
      return was ? event.type : 'added';
    }
    inside.delete(uid);
    return was ? 'deleted' : null;
  };
}

const nameOf = (entry: StoreEntry): string => entry.key.slice(vmPrefix.length);
