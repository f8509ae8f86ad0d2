import type { ConnectionState, IncarnationRef } from '../../../ports/runtime.ts';
import { liveSession, type QemuContext } from './context.ts';

/** What a user-mode network holds of TCP connections through one forward. Faults: `not_running`, `monitor_silent`. */
export async function connections(
  context: QemuContext,
  ref: IncarnationRef,
  hostPort: number,
  signal: AbortSignal,
): Promise<readonly ConnectionState[]> {
  const { monitor } = await liveSession(context, ref);
  const text = await monitor.call('human-monitor-command', { 'command-line': 'info usernet' }, signal);
  return typeof text === 'string' ? parseConnections(text, hostPort) : [];
}

/** The lines of `info usernet` below its rules: the source is the host's end of the forward. */
export function parseConnections(text: string, hostPort: number): readonly ConnectionState[] {
  const states: ConnectionState[] = [];
  for (const line of text.split('\n')) {
    const found = /^\s*TCP\[(\w+)\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+\d+\s/.exec(line);
    if (found === null || Number(found[2]) !== hostPort || found[1] === 'HOST_FORWARD') continue;
    states.push(stateOf(found[1] ?? ''));
  }
  return states;
}

function stateOf(word: string): ConnectionState {
  switch (word) {
    case 'SYN_SENT':
    case 'SYN_RCVD':
      return 'opening';
    // In the second the guest has closed its half already: it had accepted.
    case 'ESTABLISHED':
    case 'CLOSE_WAIT':
      return 'open';
    default:
      return 'closing';
  }
}
