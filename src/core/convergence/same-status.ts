import { sameJson } from '../kit/same-json.ts';
import type { VmReading } from './reading.ts';
import { renderStatus } from './render-status.ts';

/** Whether a watcher has nothing to hear of: metrics and the time of observation are no events (spec §4 watch). */
export function isSameStatus(a: VmReading, b: VmReading): boolean {
  return sameJson(lasting(a), lasting(b));
}

function lasting(reading: VmReading) {
  const { metrics: _metrics, observed_at: _observedAt, ...rest } = renderStatus(reading, null);
  return rest;
}
