/**
 * The effects of a pass, one file a kind (rule F3: one path per effect). Each makes durable what must be known after a crash
 * before it touches the runtime, and concludes nothing: the next look does.
 */
import type { DesiredVm } from '../../core/instance/desired.ts';
import { type Incarnation, isLive, proofOf } from '../../core/instance/incarnation.ts';
import type { ProcessProof } from '../../core/instance/process.ts';
import type { RuntimeKind } from '../../core/instance/spec.ts';
import { invariant } from '../../core/kit/exhaustive.ts';
import { Fault } from '../../core/kit/fault.ts';
import type { IncarnationRef, Runtime } from '../../ports/runtime.ts';
import { type AgentContext, runtimeOf } from '../agent-context.ts';
import { incarnationRef } from '../observe-instance.ts';
import type { Slot } from '../slot.ts';
import type { Stage } from '../waiting.ts';

/** What an effect is given. `desired` is the order it carries out, whatever arrives meanwhile. */
export interface Performing {
  readonly ctx: AgentContext;
  readonly slot: Slot;
  readonly desired: DesiredVm;
  /** Where it is told how far this has come. */
  readonly staged: { stage: Stage | null };
  /** Aborts when the effect is pre-empted, overdue, or the agent stops. */
  readonly signal: AbortSignal;
}

export interface LiveTarget {
  readonly runtime: Runtime;
  readonly ref: IncarnationRef;
  readonly incarnation: Incarnation;
}

/** The live incarnation of an instance and the runtime that has it. */
export function liveTarget({ ctx, slot }: Performing): LiveTarget {
  const incarnation = slot.record?.incarnation ?? null;
  invariant(incarnation !== null && isLive(incarnation.state), 'an effect on a live incarnation');
  const kind = incarnation.started.spec.runtime;
  return { runtime: runtimeNamed(ctx, kind), ref: incarnationRef(slot, incarnation), incarnation };
}

/** The same with its journaled process. */
export function provenTarget(performing: Performing): LiveTarget & { readonly proof: ProcessProof } {
  const target = liveTarget(performing);
  const proof = proofOf(target.incarnation.state);
  invariant(proof !== null, 'a journaled process');
  return { ...target, proof };
}

/** The runtime of this kind. Fault `realisation_failed`: this node has none. */
export function runtimeNamed(ctx: AgentContext, kind: RuntimeKind): Runtime {
  const runtime = runtimeOf(ctx, kind);
  if (runtime === null)
    throw new Fault('realisation_failed', `This node has no runtime "${kind}"`, {
      details: { next_action: "Declare a runtime that the node has; 'holdfast node list' shows them" },
    });
  return runtime;
}
