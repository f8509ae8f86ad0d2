import type { Action } from '../../core/instance/decision.ts';
import { recordCondemned } from '../../core/instance/record-incarnation.ts';
import { changeRecord } from '../change-record.ts';
import type { Performing } from './performing.ts';

/** Condemns: durable before any signal, so that the end is the user's stop whatever crashes in between. */
export async function performStop(
  { ctx, slot }: Performing,
  order: Extract<Action, { readonly kind: 'stop' }>,
): Promise<void> {
  const { mode, stopBecause, killAt, failure } = order;
  const now = ctx.deps.clock.now();
  await changeRecord(ctx, slot, (record) =>
    recordCondemned(record, { mode, because: stopBecause, killAt, failure }, now),
  );
}
