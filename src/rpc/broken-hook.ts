import type { Pointer } from './capnp/pointer.ts';
import type { Answer, CallRequest, Hook } from './hook.ts';
import { Outcome } from './outcome.ts';
import { withPlainStack } from './plain-error.ts';
import { ofCallNotMade } from './rpc-error.ts';

/** A capability that fails every call for one reason: null, closed, or lost with its connection. */
export class BrokenHook implements Hook {
  readonly session = undefined;
  readonly whenResolved = undefined;
  readonly brokenBy: unknown;

  constructor(error: unknown) {
    this.brokenBy = error instanceof Error ? withPlainStack(error) : error;
  }

  call(request: CallRequest): Answer {
    return refused(request, ofCallNotMade(this.brokenBy));
  }

  addRef(): void {}
  release(): void {}
  resolved(): Hook {
    return this;
  }
}

/** Releases the capabilities of a request nobody will handle. */
export function dropParams(request: CallRequest): void {
  if (request.params.kind === 'message') request.params.content.segment.message.releaseCaps();
}

/** The answer of a request nobody will handle. */
export function refused(request: CallRequest, error: unknown): Answer {
  dropParams(request);
  return brokenAnswer(error);
}

/** An answer that has failed already. */
export function brokenAnswer(error: unknown): Answer {
  const outcome = new Outcome<Pointer>();
  outcome.reject(error);
  return { outcome, pipeline: () => new BrokenHook(error), cancel() {}, close() {} };
}
