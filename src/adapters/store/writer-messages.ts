/** What the store and its writer thread say to each other. One `write` is in flight at a time. */
import { Fault, type FaultRetry } from '../../core/kit/fault.ts';
import type { LoadChunk, MediumHead, StorePosition } from './medium-rows.ts';
import type { PackedBatch } from './packed-batch.ts';

/** To the writer thread. */
export type WriterRequest =
  | { readonly kind: 'load_more' }
  | { readonly kind: 'write'; readonly batch: PackedBatch }
  | { readonly kind: 'backup'; readonly id: number; readonly target: string }
  | { readonly kind: 'close' };

/**
 * From the writer thread: a chunk, and one more each time it is asked for, so that two of them are in memory and not the whole
 * database; then `opened`, or `refused`; then one answer per request.
 */
export type WriterAnswer =
  | { readonly kind: 'chunk'; readonly chunk: LoadChunk }
  | { readonly kind: 'opened'; readonly head: MediumHead }
  | { readonly kind: 'refused'; readonly fault: FaultParts }
  | { readonly kind: 'written' }
  | { readonly kind: 'failed'; readonly fault: FaultParts }
  | { readonly kind: 'backed_up'; readonly id: number; readonly position: StorePosition }
  | { readonly kind: 'backup_failed'; readonly id: number; readonly fault: FaultParts }
  | { readonly kind: 'closed' };

/** A fault in a form that survives the message port. */
export interface FaultParts {
  readonly code: string;
  readonly message: string;
  readonly retry: FaultRetry;
  readonly details: Readonly<Record<string, unknown>>;
}

export const faultToParts = ({ code, message, retry, details }: Fault): FaultParts => ({
  code,
  message,
  retry,
  details,
});

export const faultFromParts = ({ code, message, retry, details }: FaultParts): Fault =>
  new Fault(code, message, { retry, details });
