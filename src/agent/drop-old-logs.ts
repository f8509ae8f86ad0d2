import { faultCode } from '../core/kit/fault.ts';
import { keptLogMs } from './agent-config.ts';
import { type AgentContext, allRuntimes } from './agent-context.ts';

/** Takes away the logs of instances that were removed long ago. What goes wrong is only told in the log, as with images. */
export async function dropOldLogs(ctx: AgentContext, signal: AbortSignal): Promise<void> {
  try {
    for (const runtime of allRuntimes(ctx)) await runtime.dropLogs(ctx.deps.clock.now() - keptLogMs, signal);
  } catch (error) {
    if (signal.aborted) return;
    ctx.deps.log.warn('old logs could not be removed', { code: faultCode(error), message: String(error) });
  }
}
