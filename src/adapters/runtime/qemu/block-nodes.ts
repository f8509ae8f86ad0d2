import type { DiskFormat, DiskSpec } from '../../../core/instance/spec.ts';
import { diskNode, ROOT_NODE, SEED_NODE } from './names.ts';

/**
 * Block graphs as QMP and -blockdev take them. Formats are always stated, never probed; file names are relative to
 * the process's directory.
 */
export type BlockNode = Readonly<Record<string, unknown>>;

/** Where the root disk's content comes from. `backing: null` overrides whatever the image's header claims. */
export interface RootDisk {
  readonly file: string;
  readonly base: { readonly file: string; readonly format: DiskFormat };
}

const file = (filename: string, readOnly = false): BlockNode => ({
  driver: 'file',
  filename,
  ...(readOnly ? { 'read-only': true } : { discard: 'unmap' }),
});

export function rootBlockNode(root: RootDisk): BlockNode {
  const base: BlockNode = {
    driver: root.base.format,
    'read-only': true,
    file: file(root.base.file, true),
    ...(root.base.format === 'qcow2' ? { backing: null } : {}),
  };
  return { driver: 'qcow2', 'node-name': ROOT_NODE, discard: 'unmap', file: file(root.file), backing: base };
}

export function diskBlockNode(disk: DiskSpec, filename: string): BlockNode {
  return {
    driver: 'qcow2',
    'node-name': diskNode(disk.name),
    ...(disk.readOnly ? { 'read-only': true } : { discard: 'unmap' }),
    file: file(filename, disk.readOnly),
    backing: null,
  };
}

export function seedBlockNode(filename: string): BlockNode {
  return { driver: 'raw', 'node-name': SEED_NODE, 'read-only': true, file: file(filename, true) };
}

export function firmwareBlockNode(name: string, filename: string, readOnly: boolean): BlockNode {
  return { driver: 'raw', 'node-name': name, 'read-only': readOnly, file: file(filename, readOnly) };
}
