import type { CommandEntry } from '../cli/command.ts';

/** The roles of the program that run on this machine instead of asking a control plane. */
export const roleTable: readonly CommandEntry[] = [
  {
    path: ['up'],
    summary: 'run control plane and agent on this machine',
    load: async () => (await import('./commands/up.ts')).up,
  },
  { path: ['server'], summary: 'run a control plane', load: async () => (await import('./commands/server.ts')).server },
  {
    path: ['agent'],
    summary: 'run the agent of a node',
    load: async () => (await import('./commands/agent.ts')).agent,
  },
  {
    path: ['doctor'],
    summary: 'what this host can and cannot do, and what mends it',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    path: ['restore'],
    summary: 'put a backup in the place of the store',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
];
