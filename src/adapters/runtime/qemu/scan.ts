import { readFile, readlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { asIncarnationId, asUid } from '../../../core/kit/brand.ts';
import { isUuid } from '../../../core/kit/uuid.ts';
import type { FoundRuntime } from '../../../ports/runtime.ts';
import type { QemuContext } from './context.ts';
import { readRecord } from './instance-record.ts';
import { listDir } from './layout.ts';
import { instanceUser } from './names.ts';
import { listIncarnations } from './remove.ts';

/**
 * Every instance of this data directory, by its directories and by the process table: a process whose directory was
 * taken away is found too. Processes of other data directories on this host are not ours.
 */
export async function scan(context: QemuContext, signal: AbortSignal): Promise<readonly FoundRuntime[]> {
  const found: FoundRuntime[] = [];
  for (const name of await listDir(context.layout.root)) {
    if (!isUuid(name)) continue;
    signal.throwIfAborted();
    const uid = asUid(name);
    const record = await readRecord(context.layout, uid).catch(() => undefined);
    const instance = { uid, name: record?.name ?? null };
    const incarnations = await listIncarnations(context.layout.instance(uid));
    if (incarnations.length === 0) found.push({ ...instance, incarnationId: null, proof: null });
    for (const incarnationId of incarnations) {
      const process = await context.host.findProcess(context.layout.incarnation({ uid, incarnationId }));
      found.push({ ...instance, incarnationId, proof: process.kind === 'found' ? process.proof : null });
    }
  }
  for (const process of await findProcesses(context)) {
    if (!found.some(({ proof }) => proof?.pid === process.proof?.pid)) found.push(process);
  }
  return found;
}

/**
 * Hypervisors that run in a directory of ours, also one that is deleted or has lost its pid file. The directory says whose
 * it is, which a process cannot leave for another's; its command line could be rewritten to name another instance.
 */
async function findProcesses(context: QemuContext): Promise<readonly FoundRuntime[]> {
  const found: FoundRuntime[] = [];
  for (const pid of (await listDir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    const dir = cwd.replace(/ \(deleted\)$/, '');
    const uid = asUid(basename(dirname(dir)));
    if (dirname(dirname(dir)) !== context.layout.root || !isUuid(basename(dir)) || !isUuid(uid)) continue;
    const process = await readProcess(pid);
    const isNamed = process.args[process.args.indexOf('-uuid') + 1] === uid;
    // Others may stand there too: a person's shell; in a name space of its own, where a user can make any directory, anything.
    if (context.ownUsers ? process.user !== instanceUser(uid).uid : !isNamed) continue;
    if (Number.isNaN(process.startTime)) continue;
    found.push({
      uid,
      incarnationId: asIncarnationId(basename(dir)),
      name: isNamed ? nameOf(process.args) : null,
      proof: { pid: Number(pid), startTime: process.startTime, bootId: context.host.bootId },
    });
  }
  return found;
}

async function readProcess(pid: string) {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
  const [argv, stat, status] = await Promise.all([read('cmdline'), read('stat'), read('status')]);
  return {
    args: argv.split('\0'),
    startTime: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]),
    user: Number(/^Uid:\t(\d+)/m.exec(status)?.[1]),
  };
}

const nameOf = (args: readonly string[]): string | null =>
  /^guest=([a-z0-9-]{1,63})\//.exec(args[args.indexOf('-name') + 1] ?? '')?.[1] ?? null;
