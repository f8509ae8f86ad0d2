/**
 * Where everything of an instance lies. One directory for each instance, named by its uid:
 *
 *   UID/                 owner agent 0710, group of the instance: its process may pass, not look, not create
 *     instance.json      name and where the root disk came from (agent only)
 *     lock               held by the process for life
 *     root.qcow2, disk-NAME.qcow2, ovmf-vars.fd, console.log     owned by the instance's user, 0600
 *     base-DIGEST, kernel-DIGEST, initrd-DIGEST                   hard links into the image cache, read only
 *     seed.iso           readable by the instance's group only (it holds secrets)
 *     INCARNATION/       the process's directory: pid, stderr.log (agent only)
 *       s/               the only place the process may create anything: its sockets
 *
 * The hard links are why a process needs no way into the image cache, and why a base outlives its entry there.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Uid } from '../../../core/kit/brand.ts';
import type { IncarnationRef } from '../../../ports/runtime.ts';

export interface Layout {
  readonly root: string;
  instance(uid: Uid): string;
  incarnation(ref: Pick<IncarnationRef, 'uid' | 'incarnationId'>): string;
  file(uid: Uid, name: string): string;
}

export const FILES = {
  record: 'instance.json',
  lock: 'lock',
  root: 'root.qcow2',
  seed: 'seed.iso',
  vars: 'ovmf-vars.fd',
  log: 'console.log',
  olderLog: 'console.log.1',
  sockets: 's',
  stderr: 'stderr.log',
} as const;

export const SOCKETS = { qmp: 's/qmp', debug: 's/debug', serial: 's/serial' } as const;

export const diskFile = (name: string): string => `disk-${name}.qcow2`;
export const linkName = (kind: 'base' | 'kernel' | 'initrd', sha256: string): string => `${kind}-${sha256}`;
/** From the process's own directory, one below the instance's. */
export const fromProcess = (name: string): string => `../${name}`;
export const cgroupName = (ref: Pick<IncarnationRef, 'incarnationId'>): string => `holdfast-${ref.incarnationId}`;

export function createLayout(root: string): Layout {
  const instance = (uid: Uid): string => join(root, uid);
  return {
    root,
    instance,
    incarnation: (ref) => join(instance(ref.uid), ref.incarnationId),
    file: (uid, name) => join(instance(uid), name),
  };
}

/** Whether the file is there. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Names in a directory; none where there is no such directory. */
export async function listDir(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
