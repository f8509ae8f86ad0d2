/** The verbs of a VM: one request each, and for those that take time the task followed where --wait asks for it. */
import type { TaskDocument, VmDocument } from '../client/documents.ts';
import type { Json } from '../core/kit/json.ts';
import type { Cli } from './cli.ts';
import type { CommandDefinition, Example, OptionDefinition } from './command.ts';
import type { OptionValues } from './option-values.ts';
import { printDocument } from './print-document.ts';
import { type Progress, startProgress } from './progress.ts';
import { forEachVm, selectorOption, selectVms, vmPath } from './select-vms.ts';
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
      await runTasks(cli, names, options, (name) =>
        cli.client().request('POST', vmPath(name, rule.verb), { signal: cli.io.signal }),
      );
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
      await forEachVm(cli, names, async (name) => {
        const { body } = await cli.client().request('POST', vmPath(name, rule.verb), { signal: cli.io.signal });
        answers.push(body as unknown as VmDocument);
      });
      await printDocument(cli, one(answers), {
        names: () => answers.map(({ name }) => `vm/${name}`),
        table: () => (cli.quiet ? '' : answers.map(({ name }) => `vm/${name} ${rule.past}\n`).join('')),
      });
      return 0;
    },
  };
}

/** One document alone, several as a list: what a script of one VM expects. */
const one = (documents: readonly unknown[]): unknown => (documents.length === 1 ? documents[0] : { items: documents });

/** Sends a request for each VM and, with --wait, follows the tasks; prints what became of them. */
export async function runTasks(
  cli: Cli,
  names: readonly string[],
  options: OptionValues,
  send: (name: string) => Promise<{ readonly body: Json }>,
): Promise<void> {
  const timeoutMs = options.durationMs('wait', defaultWaitMs);
  const tasks: TaskDocument[] = [];
  const progress = timeoutMs === undefined ? null : startProgress(cli);
  try {
    await forEachVm(cli, names, async (name) => {
      const task = taskOf((await send(name)).body);
      tasks.push(await settle(cli, task, timeoutMs, progress));
    });
  } finally {
    progress?.close();
    if (tasks.length > 0) await printTasks(cli, tasks);
  }
}

async function settle(
  cli: Cli,
  task: TaskDocument,
  timeoutMs: number | undefined,
  progress: Progress | null,
): Promise<TaskDocument> {
  if (timeoutMs === undefined || progress === null) return task;
  const ended = await waitTask(cli, task, { timeoutMs, progress });
  const fault = taskFault(ended);
  if (fault !== null) throw fault;
  return ended;
}

/** Answers hold the task itself, or the task beside other things. */
export function taskOf(body: Json): TaskDocument {
  const holder = body as unknown as { readonly task?: TaskDocument };
  return holder.task ?? (body as unknown as TaskDocument);
}

async function printTasks(cli: Cli, tasks: readonly TaskDocument[]): Promise<void> {
  await printDocument(cli, one(tasks), {
    names: () => tasks.map(({ id }) => `task/${id}`),
    table: () => (cli.quiet ? '' : tasks.map(taskLine).join('')),
  });
}

function taskLine(task: TaskDocument): string {
  const verb = task.type.replace('vm.', '');
  const what = `vm/${task.resource.name}`;
  return task.status === 'success' ? `${what} ${verb}: done\n` : `${what} ${verb}: accepted (task/${task.id})\n`;
}
