import type { VmMetrics } from '../../../core/instance/evidence.ts';
import type { ProcessEvidence, ProcessProof } from '../../../core/instance/process.ts';
import type { IncarnationRef, RuntimeEvidence } from '../../../ports/runtime.ts';
import { guestName } from './argv.ts';
import type { QemuContext, Session } from './context.ts';
import { findLostFiles } from './disk-files.ts';
import { observeFacts, type StableFacts } from './facts.ts';
import { cgroupName } from './layout.ts';
import { instanceUser } from './names.ts';
import { boundStderr, readTail } from './stderr-tail.ts';

/**
 * Facts are asked for again after this without a change: what is changed behind our back without an event is found
 * then.
 */
const FACTS_MAX_AGE_MS = 20_000;
/** CPU usage is averaged over at least this long: /proc counts in steps of 10 ms. */
const CPU_WINDOW_MS = 1_000;
/** /proc counts start times in hundredths of a second after boot. */
const MS_PER_TICK = 10;

/** One look at one incarnation: process by its proof (F4), guest by its monitor, both kept apart (F2). */
export async function observe(
  context: QemuContext,
  ref: IncarnationRef,
  known: ProcessProof | null,
  signal: AbortSignal,
): Promise<RuntimeEvidence> {
  const process = await observeProcess(context, ref, known);
  if (process.life !== 'alive') {
    if (process.life !== 'inconclusive') context.sessions.close(ref.incarnationId);
    return { process, monitor: { kind: 'not_asked' }, facts: null };
  }
  boundStderr(context, ref);
  const session = context.sessions.open(ref);
  const monitor = await session.monitor.look(signal);
  if (monitor.kind !== 'answered') return { process, monitor, facts: null };
  const facts = await freshFacts(context, session, signal);
  if (facts === undefined) {
    return { process, monitor: { kind: 'silent', because: 'Monitor did not answer about the devices' }, facts: null };
  }
  const lostFiles = await findLostFiles(context, session, process.proof, facts);
  const { diskReadBytes, diskWriteBytes, ...stable } = facts;
  const used = await usage(context, session, process.proof);
  const uptimeMs = context.clock.bootMs() - process.proof.startTime * MS_PER_TICK;
  const metrics: VmMetrics = {
    ...used,
    diskReadBytes,
    diskWriteBytes,
    // A user-mode network is not counted by anybody.
    netRxBytes: null,
    netTxBytes: null,
    uptimeSeconds: Math.max(0, Math.floor(uptimeMs / 1000)),
  };
  return { process, monitor, facts: { ...stable, lostFiles, metrics } };
}

async function observeProcess(
  context: QemuContext,
  ref: IncarnationRef,
  known: ProcessProof | null,
): Promise<ProcessEvidence> {
  const { host } = context;
  const dir = context.layout.incarnation(ref);
  const isProven = context.sessions.find(ref.incarnationId)?.isArgvProven === true;
  // Pid file and command line need no second look once they were seen to agree with the journal.
  const found = known !== null && isProven ? null : await host.findProcess(dir);
  if (known === null && found?.kind === 'none') return { life: 'none' };
  const proof = known ?? (found?.kind === 'found' ? found.proof : null);
  const life = proof === null ? ({ life: 'dead', exit: { kind: 'unknown' } } as const) : await host.proveProcess(proof);
  switch (life.life) {
    case 'inconclusive':
      return life;
    case 'dead': {
      const oomKilled = await host.oomKilled(cgroupName(ref));
      return { life: 'dead', exit: life.exit, oomKilled, stderrTail: readTail(context, ref) };
    }
    case 'alive': {
      if (proof === null) return { life: 'none' };
      if (found?.kind === 'found' && !carriesIdentity(found.argv, ref) && !isOwnUsers(context, ref, found.user)) {
        return { life: 'inconclusive', because: 'The process does not carry this instance on its command line' };
      }
      if (found?.kind === 'found') context.sessions.open(ref).isArgvProven = true;
      return { life: 'alive', proof };
    }
  }
}

/** F4: uid and incarnation id on the command line. */
function carriesIdentity(argv: readonly string[], ref: IncarnationRef): boolean {
  const name = argv[argv.indexOf('-name') + 1] ?? '';
  const incarnation = guestName(ref).split('/')[1] ?? '';
  return argv[argv.indexOf('-uuid') + 1] === ref.uid && name.includes(`/${incarnation},`);
}

/** A command line can be rewritten by its process, the user it runs under cannot: nothing else runs under an instance's own. */
const isOwnUsers = (
  { ownUsers }: Pick<QemuContext, 'ownUsers'>,
  { uid }: IncarnationRef,
  user: number | null,
): boolean => ownUsers && user === instanceUser(uid).uid;

async function freshFacts(
  context: QemuContext,
  session: Session,
  signal: AbortSignal,
): Promise<StableFacts | undefined> {
  const now = context.clock.bootMs();
  const isStale = session.facts === undefined || now - session.facts.at > FACTS_MAX_AGE_MS;
  if (!session.monitor.takeChanged() && !isStale) return session.facts?.value;
  try {
    const value = await observeFacts(session.monitor, signal);
    session.facts = { value, at: now };
    return value;
  } catch {
    signal.throwIfAborted();
    session.monitor.markChanged();
    return undefined;
  }
}

async function usage(
  context: QemuContext,
  session: Session,
  proof: ProcessProof,
): Promise<Pick<VmMetrics, 'cpuUsage' | 'memoryUsedMib'>> {
  const now = context.clock.bootMs();
  const used = await context.host.usage(proof);
  if (used === undefined) return { cpuUsage: 0, memoryUsedMib: 0 };
  const before = session.cpu ?? { cpuMs: 0, at: proof.startTime * MS_PER_TICK, usage: 0 };
  if (session.cpu === undefined || now - before.at >= CPU_WINDOW_MS) {
    const share = (used.cpuMs - before.cpuMs) / Math.max(1, now - before.at);
    session.cpu = { cpuMs: used.cpuMs, at: now, usage: Math.round(share * 1000) / 1000 };
  }
  return { cpuUsage: session.cpu?.usage ?? 0, memoryUsedMib: used.rssMib };
}
