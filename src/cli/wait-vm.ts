/** `vm wait`: follows one VM over the watch until a condition holds; the answer comes with the event, not with a poll. */
import { createPatience } from '../client/patience.ts';
import type { VmDocument } from '../client/vm-document.ts';
import { watchList } from '../client/watch-list.ts';
import { errorRow, isErrorCode } from '../core/kit/error-table.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';
import { type Deadline, deadlineIn } from './deadline.ts';
import { type Progress, startProgress } from './progress.ts';
import { isInSync, syncWords } from './render-vm-get.ts';
import { vmName, vmPath } from './select-vms.ts';
import { tryEach } from './try-each.ts';
import { silenceWords, watchDeps } from './watch-deps.ts';

export interface VmWait {
  /** `converged`, a phase, `deleted`, or `TYPE` / `TYPE=STATUS` of a condition. */
  readonly condition: string;
  readonly deadline: Deadline;
  /** Shared by waits that go on beside each other: a terminal has one line for it. */
  readonly progress: Progress;
}

const conditionTypes = ['placed', 'realised', 'running', 'healthy', 'responsive', 'converged'];
const phaseWords = [
  'pending',
  'creating',
  'starting',
  'running',
  'paused',
  'stopping',
  'stopped',
  'migrating',
  'error',
];

/** What `--for` may say. */
export const waitWords = [...new Set(['converged', 'deleted', ...phaseWords, ...conditionTypes])];

/** Whether a word of `--for` has a meaning. */
export function isWaitWord(word: string): boolean {
  const [type = '', status] = word.split('=');
  if (status === undefined) return waitWords.includes(type);
  return conditionTypes.includes(type) && ['true', 'false', 'unknown'].includes(status);
}

/** Whether the condition holds. `running` is the phase, in sync or not; `converged` is what the server says of it (S2b). */
function holds(vm: VmDocument, word: string): boolean {
  const [type = '', status] = word.split('=');
  if (word === 'converged') return isInSync(vm);
  if (status === undefined && phaseWords.includes(type)) return vm.status.phase === type;
  return vm.status.conditions.some((condition) => condition.type === type && condition.status === (status ?? 'true'));
}

/** Waits for all of them until one deadline; those that got there, and what was thrown for the others. */
export async function waitVms(
  cli: Cli,
  names: readonly string[],
  { condition, timeoutMs }: { readonly condition: string; readonly timeoutMs: number },
): Promise<{ readonly vms: readonly VmDocument[]; readonly errors: readonly unknown[] }> {
  const vms: VmDocument[] = [];
  const deadline = deadlineIn(cli, timeoutMs);
  const progress = startProgress(cli);
  try {
    const errors = await tryEach(cli, names, async (name) => {
      vms.push(await waitVm(cli, name, { condition, deadline, progress }));
    });
    return { vms, errors };
  } finally {
    progress.close();
  }
}

/** However little time is left, a VM is looked at once; who does not answer for so long is away. */
const lookMs = 2_000;

/** Resolves with the VM as it is when the condition holds; `deleted` resolves with its last document. */
export async function waitVm(cli: Cli, word: string, wait: VmWait): Promise<VmDocument> {
  const name = vmName(word);
  const { clock } = cli.io;
  const ended = new AbortController();
  const within = (ms: number): AbortSignal => AbortSignal.any([clock.timeout(ms, cli.io.signal), ended.signal]);
  const leftMs = Math.max(0, wait.deadline.endsAt - clock.now());
  const signal = within(leftMs);
  let last: VmDocument | undefined;
  let silent = false;
  const isReached = (current: VmDocument): boolean => {
    last = current;
    silent = false;
    if (holds(current, wait.condition)) return true;
    failForGood(current, wait);
    wait.progress.update(`vm/${name}`, progressText(current));
    return false;
  };
  try {
    const first = await readNow(cli, name, wait, within(Math.max(leftMs, lookMs)));
    if (first.status.phase === 'gone') return deleted(first, wait);
    if (isReached(first)) return first;
    const onSilence = (): void => {
      silent = true;
      wait.progress.update(`vm/${name}`, silenceWords);
    };
    const deps = { ...watchDeps(cli, true), onSilence };
    for await (const news of watchList<VmDocument>(deps, '/v1/vms', { name: first.name }, signal)) {
      const current = news.kind === 'listed' ? news.items.find(({ uid }) => uid === first.uid) : news.object;
      const gone = news.kind === 'deleted' || current === undefined || current.uid !== first.uid;
      if (gone) return deleted(last ?? first, wait);
      if (isReached(current)) return current;
    }
    throw new Fault('server_unreachable', `The watch of VM "${name}" ended`);
  } catch (error) {
    if (error instanceof Fault && error.code === 'deadline_exceeded') throw notInTime(name, wait, last, silent);
    throw error;
  } finally {
    wait.progress.done(`vm/${name}`);
    ended.abort();
  }
}

async function readNow(cli: Cli, name: string, wait: VmWait, signal: AbortSignal): Promise<VmDocument> {
  // As every follower: one that starts is waited for; where nobody answers at all, the address is wrong.
  const patience = createPatience(watchDeps(cli));
  for (;;) {
    try {
      const { body } = await cli.client().request('GET', vmPath(name), { signal });
      return body as unknown as VmDocument;
    } catch (error) {
      // Waiting for `deleted` of what is gone already is done.
      if (wait.condition === 'deleted' && error instanceof Fault && error.code === 'not_found') {
        return { name, status: { phase: 'gone' } } as unknown as VmDocument;
      }
      await patience.after(error, signal);
    }
  }
}

function deleted(last: VmDocument, wait: VmWait): VmDocument {
  if (wait.condition === 'deleted') return last;
  throw new Fault('not_found', `VM "${last.name}" is deleted, it will not be ${wait.condition} any more`);
}

/** What will not come by itself is told at once instead of after the time: a final failure, health without checks. */
function failForGood(vm: VmDocument, { condition }: VmWait): void {
  const health = vm.status.conditions.find(({ type }) => type === 'healthy');
  if (['healthy', 'healthy=true'].includes(condition) && health?.code === 'no_checks') {
    throw new Fault('usage', `VM "${vm.name}" declares no health checks, so nothing can say that it is healthy`);
  }
  const { phase, reason, restart, seen_generation: seen } = vm.status;
  // The node has not heard of the newer order yet: what failed is the one before it.
  if (seen < vm.generation) return;
  const final = phase === 'error' && reason !== undefined && !restart.backing_off && restart.next_at === null;
  const mayCome = ['error', 'deleted'].includes(condition) || condition.includes('=');
  if (
    !final ||
    mayCome ||
    (condition === 'stopped' && !hasStopFailed(vm)) ||
    !isForGood(reason.code, vm.restart_policy)
  )
    return;
  const code = isErrorCode(reason.code) ? reason.code : 'instance_failed';
  throw new Fault(code, `VM "${vm.name}" failed: ${reason.message}`, {
    retry: 'never',
    details: { next_action: reason.next_action },
  });
}

/** Whatever else failed, a stop may be on its way to it. One that failed itself is not repeated; an older one may just be. */
const hasStopFailed = ({ status: { reason, conditions } }: VmDocument): boolean =>
  reason?.code === 'stop_timeout' && conditions.some(({ type, code }) => type === 'converged' && code === 'failed');

function isForGood(code: string, restartPolicy: string): boolean {
  const { retry } = errorRow(code);
  return retry === 'on_change' || retry === 'never' || (retry === 'by_policy' && restartPolicy === 'never');
}

function progressText(vm: VmDocument): string {
  const { phase, waiting, reason } = vm.status;
  return [phase, waiting?.message ?? reason?.message ?? syncWords(vm).text].join(': ');
}

function notInTime(
  name: string,
  { condition, deadline }: VmWait,
  last: VmDocument | undefined,
  silent: boolean,
): Fault {
  const known = last === undefined ? 'it was never read' : progressText(last);
  const state = silent ? `the control plane does not answer; last known as ${known}` : known;
  const seconds = Math.round(deadline.timeoutMs / 1_000);
  return new Fault('timeout', `VM "${name}" is not ${condition} after ${seconds} s: ${state}`, {
    details: { next_action: `Run 'holdfast explain ${name}'` },
  });
}
