/** The verbs of a VM: one request each, and for those that take time the task followed where --wait asks for it. */
import type { TaskDocument } from '../client/documents.ts';
import type { VmDocument } from '../client/vm-document.ts';
import type { Json } from '../core/kit/json.ts';
import type { Cli } from './cli.ts';
import type { CommandDefinition, Example, OptionDefinition } from './command.ts';
import { deadlineIn } from './deadline.ts';
import type { OptionValues } from './option-values.ts';
import { printDocument } from './print-document.ts';
import { startProgress } from './progress.ts';
import { endText } from './render-task.ts';
import { asAsked, selectorOption, selectVms, vmPath } from './select-vms.ts';
import { throwFirst, tryEach } from './try-each.ts';
import { defaultWaitMs, taskFault, waitTask } from './wait-task.ts';

export const waitOption: OptionDefinition = {
  flags: '--wait [duration]',
  text: 'follow it to its end, at most 10m or so long: --wait=90s',
};

const vmArgument = { syntax: '[name...]', text: 'names of VMs', completes: 'vm' as const };

interface VerbRule {
  readonly verb: string;
  readonly details?: string;
  readonly examples: readonly Example[];
}

/** A verb that answers `202` with a task. */
export function asyncVerb(rule: VerbRule): CommandDefinition {
  return {
    arguments: [vmArgument],
    options: [selectorOption, waitOption],
    ...(rule.details === undefined ? {} : { details: rule.details }),
    examples: rule.examples,
    async run(cli, words, options) {
      const names = await selectVms(cli, words, options);
      await runTasks(cli, names, options, {
        send: (name) => cli.client().request('POST', vmPath(name, rule.verb), { signal: cli.io.signal }),
      });
      return 0;
    },
  };
}

/** A verb that is done when it answers, with the VM as it is then. */
export function syncVerb(rule: VerbRule & { readonly past: string }): CommandDefinition {
  return {
    arguments: [vmArgument],
    options: [selectorOption],
    ...(rule.details === undefined ? {} : { details: rule.details }),
    examples: rule.examples,
    async run(cli, words, options) {
      const names = await selectVms(cli, words, options);
      const answers: VmDocument[] = [];
      const errors = await tryEach(cli, names, async (name) => {
        const { body } = await cli.client().request('POST', vmPath(name, rule.verb), { signal: cli.io.signal });
        answers.push(body as unknown as VmDocument);
      });
      if (answers.length > 0) {
        await printDocument(cli, asAsked(names, options, answers), {
          names: () => answers.map(({ name }) => `vm/${name}`),
          table: () => (cli.quiet ? '' : answers.map(({ name }) => `vm/${name} ${rule.past}\n`).join('')),
        });
      }
      throwFirst(cli, errors);
      return 0;
    },
  };
}

interface Sending {
  readonly send: (name: string) => Promise<{ readonly body: Json }>;
  /** Refusals that may be none any more once the others were sent. */
  readonly again?: (refusal: unknown) => boolean;
  /** Refusals that say that nothing is left to do. */
  readonly isDone?: (refusal: unknown) => boolean;
}

/** Sends a request for each VM, then, with --wait, follows the tasks; prints what became of them. */
export async function runTasks(
  cli: Cli,
  names: readonly string[],
  options: OptionValues,
  sending: Sending,
): Promise<void> {
  const timeoutMs = options.durationMs('wait', defaultWaitMs);
  const { tasks, errors } = await sendAll(cli, names, sending);
  const ended = timeoutMs === undefined ? { tasks, errors: [] } : await followAll(cli, tasks, timeoutMs);
  if (ended.tasks.length > 0) await printTasks(cli, ended.tasks, asAsked(names, options, ended.tasks));
  throwFirst(cli, [...errors, ...ended.errors]);
}

interface Outcome {
  readonly tasks: readonly TaskDocument[];
  readonly errors: readonly unknown[];
}

/** In rounds: a refusal that another request of the same command may have mended is asked once more after all of them. */
async function sendAll(cli: Cli, names: readonly string[], sending: Sending): Promise<Outcome> {
  const { send, again = () => false, isDone = () => false } = sending;
  const tasks: TaskDocument[] = [];
  const errors: unknown[] = [];
  for (let left = names; left.length > 0; ) {
    const held = new Map<string, unknown>();
    const thrown = await tryEach(cli, left, async (name) => {
      try {
        tasks.push(taskOf((await send(name)).body));
      } catch (error) {
        if (isDone(error)) return;
        if (!again(error)) throw error;
        held.set(name, error);
      }
    });
    errors.push(...thrown);
    if (held.size === left.length) return { tasks, errors: [...errors, ...held.values()] };
    left = [...held.keys()];
  }
  return { tasks, errors };
}

async function followAll(cli: Cli, tasks: readonly TaskDocument[], timeoutMs: number): Promise<Outcome> {
  const done: TaskDocument[] = [];
  const deadline = deadlineIn(cli, timeoutMs);
  const progress = startProgress(cli);
  try {
    const errors = await tryEach(cli, tasks, async (task) => {
      const ended = await waitTask(cli, task, { deadline, progress });
      const fault = taskFault(ended);
      if (fault !== null) throw fault;
      done.push(ended);
    });
    return { tasks: done, errors };
  } finally {
    progress.close();
  }
}

/** Answers hold the task itself, or the task beside other things. */
export function taskOf(body: Json): TaskDocument {
  const holder = body as unknown as { readonly task?: TaskDocument };
  return holder.task ?? (body as unknown as TaskDocument);
}

async function printTasks(cli: Cli, tasks: readonly TaskDocument[], shape: unknown): Promise<void> {
  await printDocument(cli, shape, {
    names: () => tasks.map(({ id }) => `task/${id}`),
    table: () => (cli.quiet ? '' : tasks.map(taskLine).join('')),
  });
}

function taskLine(task: TaskDocument): string {
  const verb = task.type.replace('vm.', '');
  const what = `vm/${task.resource.name}`;
  if (task.status !== 'success') return `${what} ${verb}: accepted (task/${task.id})\n`;
  const end = endText(task);
  return `${what} ${verb}: done${end === null ? '' : `, ${end}`}\n`;
}
