/** Flags of the fields that are set often; `FIELD=VALUE` words and manifests reach all the others. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Json } from '../core/kit/json.ts';
import type { OptionDefinition } from './command.ts';
import { parseMib } from './field-values.ts';

interface FieldFlag extends OptionDefinition {
  readonly name: string;
  readonly field: string;
  readonly read: (text: string) => Json;
}

const whole = (text: string): Json => (/^-?\d+$/.test(text) ? Number(text) : text);
const mibOf =
  (flag: string) =>
  (text: string): Json =>
    parseMib(flag, text);
const asIs = (text: string): Json => text;
/** `--flag` alone is true. */
const yesNo = (text: string): Json => (text === '' || text === 'true' ? true : text === 'false' ? false : text);
/** A path of this machine is written as the URL it is. */
const urlOrPath = (text: string): Json =>
  /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : pathToFileURL(resolve(text)).href;

const sizeFlags: readonly FieldFlag[] = [
  { name: 'cpu', field: 'cpu_cores', flags: '--cpu <cores>', text: 'virtual CPUs', read: whole },
  {
    name: 'memory',
    field: 'memory_mib',
    flags: '--memory <size>',
    text: 'memory in MiB, or 2GiB',
    read: mibOf('--memory'),
  },
  {
    name: 'disk-size',
    field: 'disk_gib',
    flags: '--disk-size <gib>',
    text: 'root disk in GiB; only grows',
    read: whole,
  },
];

const headroomFlags: readonly FieldFlag[] = [
  {
    name: 'cpu-max',
    field: 'cpu_cores_max',
    flags: '--cpu-max <cores>',
    text: 'cores up to which cpu grows without a restart',
    read: whole,
  },
  {
    name: 'memory-max',
    field: 'memory_max_mib',
    flags: '--memory-max <size>',
    text: 'memory up to which it changes without a restart',
    read: mibOf('--memory-max'),
  },
];

const bootFlags: readonly FieldFlag[] = [
  {
    name: 'image',
    field: 'image_url',
    flags: '--image <url>',
    text: 'disk image: URL, or a path on the node',
    read: urlOrPath,
  },
  { name: 'image-sha256', field: 'image_sha256', flags: '--image-sha256 <hex>', text: 'its sha256', read: asIs },
  {
    name: 'image-format',
    field: 'image_format',
    flags: '--image-format <format>',
    text: 'qcow2 or raw; taken from .qcow2 and .raw where absent',
    offers: ['qcow2', 'raw'],
    read: asIs,
  },
  { name: 'kernel', field: 'kernel', flags: '--kernel <url>', text: 'kernel to boot directly', read: urlOrPath },
  { name: 'kernel-sha256', field: 'kernel_sha256', flags: '--kernel-sha256 <hex>', text: 'its sha256', read: asIs },
  { name: 'initrd', field: 'initrd', flags: '--initrd <url>', text: 'its initial RAM disk', read: urlOrPath },
  { name: 'initrd-sha256', field: 'initrd_sha256', flags: '--initrd-sha256 <hex>', text: 'its sha256', read: asIs },
  { name: 'cmdline', field: 'cmdline', flags: '--cmdline <text>', text: 'command line of the kernel', read: asIs },
  {
    name: 'firmware',
    field: 'firmware_id',
    flags: '--firmware <name>',
    text: 'seabios or ovmf',
    offers: ['seabios', 'ovmf'],
    read: asIs,
  },
  {
    name: 'machine',
    field: 'machine',
    flags: '--machine <type>',
    text: 'q35 or microvm',
    offers: ['q35', 'microvm'],
    read: asIs,
  },
  {
    name: 'accel',
    field: 'accel',
    flags: '--accel <name>',
    text: 'auto, kvm or tcg',
    offers: ['auto', 'kvm', 'tcg'],
    read: asIs,
  },
];

const policyFlags: readonly FieldFlag[] = [
  { name: 'description', field: 'description', flags: '--description <text>', text: 'free text', read: asIs },
  {
    name: 'node',
    field: 'placement.node',
    flags: '--node <name>',
    text: 'only this node',
    read: asIs,
    completes: 'node',
  },
  {
    name: 'restart-policy',
    field: 'restart_policy',
    flags: '--restart-policy <policy>',
    text: 'never, on_failure or always',
    offers: ['never', 'on_failure', 'always'],
    read: asIs,
  },
  {
    name: 'drift-policy',
    field: 'drift_policy',
    flags: '--drift-policy <policy>',
    text: 'correct or detect',
    offers: ['correct', 'detect'],
    read: asIs,
  },
  {
    name: 'grace',
    field: 'stop.grace_seconds',
    flags: '--grace <seconds>',
    text: 'time that a guest has to power off',
    read: whole,
  },
  {
    name: 'on-stop-timeout',
    field: 'stop.on_timeout',
    flags: '--on-stop-timeout <what>',
    text: 'kill or fail',
    offers: ['kill', 'fail'],
    read: asIs,
  },
  {
    name: 'start-at-boot',
    field: 'start_at_boot',
    flags: '--start-at-boot [yes]',
    text: 'start again after a reboot of the node: --start-at-boot=false',
    read: yesNo,
  },
  {
    name: 'deletion-protection',
    field: 'deletion_protection',
    flags: '--deletion-protection [yes]',
    text: 'refuse to delete it: --deletion-protection=false',
    read: yesNo,
  },
];

/** Flags that take a list or a file. */
const labelFlag: OptionDefinition = { flags: '--label <key=value>', text: 'a label', repeat: true };
const cloudInitFlags: readonly OptionDefinition[] = [
  { flags: '--user-data <file>', text: 'cloud-init user-data', completes: 'file' },
  { flags: '--ssh-key <key>', text: 'public key, or a file with it', repeat: true, completes: 'file' },
  { flags: '--hostname <name>', text: 'host name of the guest' },
];
const deviceFlags: readonly OptionDefinition[] = [
  { flags: '--disk <name:gib>', text: 'a data disk', repeat: true },
  { flags: '--forward <host:guest>', text: 'port forward of the first NIC: 8080:80, 5353:53/udp, 0:22', repeat: true },
  { flags: '--no-nics', text: 'no network at all' },
];

export const resizeOptions: readonly OptionDefinition[] = sizeFlags;
/** Each sets one field to what it is given. */
export const fieldFlags: readonly FieldFlag[] = [...sizeFlags, ...headroomFlags, ...bootFlags, ...policyFlags];
export const setOptions: readonly OptionDefinition[] = [...fieldFlags, labelFlag, ...cloudInitFlags];
export const createOptions: readonly OptionDefinition[] = [...setOptions, ...deviceFlags];
