/** Every command of a client, in the order of the help. The roles of the program (`up`, `server` …) are added by `src/bin`. */
import type { CommandEntry } from './command.ts';

export const commandTable: readonly CommandEntry[] = [
  {
    path: ['apply'],
    summary: 'make what manifests declare',
    load: async () => (await import('./commands/apply.ts')).apply,
  },
  {
    path: ['diff'],
    summary: 'what apply would change, as exit code too',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    path: ['plan'],
    summary: 'what apply would change and what each change costs',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  {
    path: ['delete'],
    summary: 'delete what manifests declare',
    load: async () => (await import('./commands/delete.ts')).deleteManifests,
  },
  {
    path: ['status'],
    summary: 'the cluster at a glance: convergence, nodes, instances, drift',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    path: ['explain'],
    summary: 'why a VM is as it is',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    path: ['history'],
    summary: 'what failed and what happened to a VM',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    path: ['events'],
    summary: 'what happened in the cluster',
    load: async () => (await import('./commands/events.ts')).events,
  },
  {
    path: ['console'],
    summary: 'serial console of a VM',
    load: async () => (await import('./commands/vm-console.ts')).vmConsole,
  },
  { path: ['logs'], summary: 'console log of a VM', load: async () => (await import('./commands/vm-logs.ts')).vmLogs },
  {
    path: ['vm', 'create'],
    summary: 'declare a new VM',
    load: async () => (await import('./commands/vm-create.ts')).vmCreate,
  },
  {
    path: ['vm', 'get'],
    aliases: ['show', 'describe'],
    summary: 'desired and observed state, side by side',
    load: async () => (await import('./commands/vm-get.ts')).vmGet,
  },
  {
    path: ['vm', 'list'],
    aliases: ['ls'],
    summary: 'all VMs',
    load: async () => (await import('./commands/vm-list.ts')).vmList,
  },
  { path: ['vm', 'set'], summary: 'change fields', load: async () => (await import('./commands/vm-set.ts')).vmSet },
  { path: ['vm', 'start'], summary: 'start it', load: async () => (await import('./commands/vm-start.ts')).vmStart },
  {
    path: ['vm', 'stop'],
    summary: 'ask the guest to power off',
    load: async () => (await import('./commands/vm-stop.ts')).vmStop,
  },
  {
    path: ['vm', 'poweroff'],
    summary: 'switch it off at once',
    load: async () => (await import('./commands/vm-poweroff.ts')).vmPoweroff,
  },
  {
    path: ['vm', 'reboot'],
    summary: 'stop it and start it anew',
    load: async () => (await import('./commands/vm-reboot.ts')).vmReboot,
  },
  {
    path: ['vm', 'pause'],
    summary: 'hold the vCPUs',
    load: async () => (await import('./commands/vm-pause.ts')).vmPause,
  },
  {
    path: ['vm', 'resume'],
    summary: 'let paused vCPUs go on',
    load: async () => (await import('./commands/vm-resume.ts')).vmResume,
  },
  {
    path: ['vm', 'reset'],
    summary: 'press the reset button',
    load: async () => (await import('./commands/vm-reset.ts')).vmReset,
  },
  {
    path: ['vm', 'resize'],
    summary: 'change cores, memory, root disk',
    load: async () => (await import('./commands/vm-resize.ts')).vmResize,
  },
  {
    path: ['vm', 'delete'],
    aliases: ['rm'],
    summary: 'delete it with its disks',
    load: async () => (await import('./commands/vm-delete.ts')).vmDelete,
  },
  {
    path: ['vm', 'console'],
    summary: 'serial console',
    load: async () => (await import('./commands/vm-console.ts')).vmConsole,
  },
  { path: ['vm', 'logs'], summary: 'console log', load: async () => (await import('./commands/vm-logs.ts')).vmLogs },
  {
    path: ['vm', 'wait'],
    summary: 'wait until a condition holds',
    load: async () => (await import('./commands/vm-wait.ts')).vmWait,
  },
  {
    path: ['task', 'list'],
    aliases: ['ls'],
    summary: 'asynchronous operations, newest first',
    load: async () => (await import('./commands/task-list.ts')).taskList,
  },
  {
    path: ['task', 'get'],
    summary: 'one operation; --wait follows it',
    load: async () => (await import('./commands/task-get.ts')).taskGet,
  },
  {
    path: ['task', 'cancel'],
    summary: 'give an operation up, where it can be',
    load: async () => (await import('./commands/task-cancel.ts')).taskCancel,
  },
  {
    path: ['node', 'list'],
    aliases: ['ls'],
    summary: 'hosts and what they hold',
    load: async () => (await import('./commands/node-list.ts')).nodeList,
  },
  {
    path: ['backup'],
    summary: 'copy the store of a running control plane',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    path: ['completion'],
    summary: 'completion script for a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    path: ['version'],
    summary: 'version of this program',
    load: async () => (await import('./commands/version.ts')).version,
  },
];
