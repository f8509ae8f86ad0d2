import type { LostFile } from '../../../core/instance/evidence.ts';
import type { IncarnationId } from '../../../core/kit/brand.ts';
import { Fault } from '../../../core/kit/fault.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Host } from '../../../ports/host.ts';
import type { Log } from '../../../ports/log.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import type { QemuInstallation } from './capabilities.ts';
import { type ConsoleHub, createConsoleHub } from './console-hub.ts';
import type { LogFiles } from './console-log.ts';
import type { StableFacts } from './facts.ts';
import { FILES, type Layout } from './layout.ts';
import { createMonitor, type Monitor } from './monitor.ts';
import { instanceUser } from './names.ts';

/** What every verb of this runtime works with. */
export interface QemuContext {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  readonly layout: Layout;
  readonly sessions: Sessions;
  /** Whether processes run under a user of their own (the agent is root). */
  readonly ownUsers: boolean;
  /** For scrubbing texts of processes (spec S7). */
  readonly imagesDir: string;
  readonly keptLogsDir: string;
  readonly binary: string;
  installation(): Promise<QemuInstallation>;
}

/**
 * What the agent's process holds of a live incarnation: monitor, serial line, the last facts. Lost with the agent,
 * made anew on adoption.
 */
export interface Session {
  readonly ref: IncarnationRef;
  readonly monitor: Monitor;
  readonly console: ConsoleHub;
  facts: { readonly value: StableFacts; readonly at: number } | undefined;
  cpu: { readonly cpuMs: number; readonly at: number; readonly usage: number } | undefined;
  /** Disks whose files were seen to be those the process has open, as `device:inode`. */
  readonly openDisks: Map<string, string>;
  /** Disks whose files were found to be others or gone: what cannot be looked at stays so (F2). */
  readonly lostDisks: Map<string, LostFile['how']>;
  /** The command line was seen to carry uid and incarnation (spec F4). */
  isArgvProven: boolean;
}

export interface Sessions {
  find(id: IncarnationId): Session | undefined;
  open(ref: IncarnationRef): Session;
  close(id: IncarnationId): void;
  closeAll(): void;
}

export const logFiles = (layout: Layout, ref: Pick<IncarnationRef, 'uid'>): LogFiles => ({
  log: layout.file(ref.uid, FILES.log),
  older: layout.file(ref.uid, FILES.olderLog),
});

export function createSessions(clock: Clock, layout: Layout, ownUsers: boolean): Sessions {
  const sessions = new Map<IncarnationId, Session>();
  const end = (session: Session): void => {
    session.monitor.close();
    session.console.close();
  };
  return {
    find: (id) => sessions.get(id),
    open(ref) {
      const found = sessions.get(ref.incarnationId);
      if (found !== undefined) return found;
      const place = { dir: layout.incarnation(ref), user: ownUsers ? instanceUser(ref.uid).uid : null };
      const session: Session = {
        ref,
        monitor: createMonitor(clock, ref, place),
        console: createConsoleHub(clock, place, logFiles(layout, ref)),
        facts: undefined,
        cpu: undefined,
        openDisks: new Map(),
        lostDisks: new Map(),
        isArgvProven: false,
      };
      sessions.set(ref.incarnationId, session);
      return session;
    },
    close(id) {
      const session = sessions.get(id);
      if (session === undefined) return;
      sessions.delete(id);
      end(session);
    },
    closeAll() {
      for (const session of sessions.values()) end(session);
      sessions.clear();
    },
  };
}

/** The session of a live incarnation. Fault `not_running` when there is no process of it. */
export async function liveSession(context: QemuContext, ref: IncarnationRef): Promise<Session> {
  const found = await context.host.findProcess(context.layout.incarnation(ref));
  if (found.kind !== 'found') {
    throw new Fault('not_running', `VM "${ref.name}" has no running process`);
  }
  return context.sessions.open(ref);
}
