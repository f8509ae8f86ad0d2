/** The words that command lines of QEMU are put together from. */
import type { VmSpec } from '../../../core/instance/spec.ts';
import type { BlockNode, RootDisk } from './block-nodes.ts';

/** Files of the instance, relative to the process's directory. */
export interface QemuFiles {
  readonly root: RootDisk | null;
  readonly kernel: string | null;
  readonly initrd: string | null;
  readonly disk: (name: string) => string;
  readonly seed: string | null;
  readonly ovmfVars: string | null;
  readonly consoleLog: string;
  readonly sockets: { readonly qmp: string; readonly debug: string; readonly serial: string };
}

/** A comma inside an option value is doubled, everything else stands for itself. */
export const escapeValue = (value: string): string => value.replaceAll(',', ',,');

export const option = (name: string, ...parts: readonly string[]): readonly string[] => [name, parts.join(',')];

export const blockdev = (node: BlockNode): readonly string[] => ['-blockdev', JSON.stringify(node)];

/** microvm has no PCI: its virtio devices sit on memory-mapped transports. */
export const virtio = (kind: string, spec: VmSpec): string =>
  `virtio-${kind}-${spec.machine === 'microvm' ? 'device' : 'pci'}`;
