/**
 * The data directory of `up` holds that of its agent, as `agent`. One in the place of the other would quietly begin a second
 * journal, and a second node with none of the VMs of the first.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Fault } from '../core/kit/fault.ts';
import { upPaths } from './up/up-paths.ts';

const isOfAgent = (dir: string): boolean => existsSync(join(dir, 'journal', 'journal.db'));

/** Fault `data_dir_unusable` where an agent has been in the directory below, and none in this one. */
export function refuseDirOfUp(dataDir: string): void {
  const { agentDir } = upPaths(dataDir);
  if (isOfAgent(dataDir) || !isOfAgent(agentDir)) return;
  const what = `it is that of 'holdfast up', which has its agent in ${basename(agentDir)} below it`;
  throw unusable(dataDir, what, `Name it with --data-dir ${agentDir}`);
}

/** Fault `data_dir_unusable` where an agent has been in this directory, and none in the one below. */
export function refuseDirOfAgent(dataDir: string): void {
  const dir = resolve(dataDir);
  const { agentDir } = upPaths(dir);
  if (!isOfAgent(dir) || isOfAgent(agentDir)) return;
  const isBelow = basename(dir) === basename(agentDir) && existsSync(join(dirname(dir), 'store'));
  const next = isBelow ? `Name the one above it: --data-dir ${dirname(dir)}` : 'Choose another with --data-dir';
  throw unusable(
    dataDir,
    `it is that of an agent, and 'holdfast up' has its agent in ${basename(agentDir)} below it`,
    next,
  );
}

const unusable = (dataDir: string, what: string, nextAction: string): Fault =>
  new Fault('data_dir_unusable', `Cannot use the data directory ${dataDir}: ${what}`, {
    retry: 'never',
    details: { next_action: nextAction },
  });
