import { faultCode } from '../core/kit/fault.ts';
import type { AgentContext } from './agent-context.ts';

/**
 * Takes away cached images that no instance of this node needs any more (spec §10: pinned until the last overlay is
 * gone). What goes wrong is only told in the log: the next time is soon enough.
 */
export async function collectImages(ctx: AgentContext, signal: AbortSignal): Promise<void> {
  try {
    await ctx.deps.images.collect(signal);
  } catch (error) {
    if (signal.aborted) return;
    ctx.deps.log.warn('unused images could not be removed', { code: faultCode(error), message: String(error) });
  }
}
