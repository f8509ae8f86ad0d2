/**
 * The fields of a VM with ranges, units and defaults (spec §2), one schema each. Every limit has its name in
 * `limits.ts`.
 */
import { vmDefaults } from '../../core/instance/resolve-spec.ts';
import {
  choice,
  flag,
  integer,
  labelValuePattern,
  list,
  map,
  type TextFault,
  type TextRule,
  text,
} from './field-types.ts';
import { documentLimits as limits } from './limits.ts';

export const namePattern = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const nameSays = "A name starts with a lower-case letter and holds a-z, 0-9 and '-', at most 63, not ending with '-'";

const named = (description: string, fallback?: string) =>
  text({
    description,
    default: fallback,
    says: nameSays,
    expected: namePattern.source,
    maxLength: 63,
    pattern: namePattern,
  });

const sha256 = (description: string) =>
  text({
    description,
    says: 'A sha256 is 64 lower-case hexadecimal digits',
    expected: '^[0-9a-f]{64}$',
    maxLength: 64,
    pattern: /^[0-9a-f]{64}$/,
  });

const imageSchemes: readonly string[] = ['file:', 'http:', 'https:'];

/** Why a URL is no place for an image: scheme allow-list, absolute, no credentials, no hidden path separators. */
export function explainImageUrl(value: string): TextFault | null {
  const fault = (message: string, code: TextFault['code'] = 'bad_format'): TextFault => ({ code, message });
  if (value.startsWith('/')) return fault(`A path is written as a URL: file://${value.slice(0, limits.gotLength)}`);
  if (value !== value.trim() || /\s/.test(value)) return fault('A URL holds no white space; write %20');
  if (!URL.canParse(value)) return fault('This is no absolute URL');
  const url = new URL(value);
  if (!imageSchemes.includes(url.protocol)) {
    return fault(`Scheme '${url.protocol.slice(0, 32)}' is not supported; use file:, http: or https:`, 'unsupported');
  }
  if (!/^(file|https?):\/\//i.test(value)) return fault("A URL has '//' after its scheme");
  if (url.username !== '' || url.password !== '')
    return fault('A URL holds no user name or password: it is shown to all');
  if (url.protocol === 'file:' && url.host !== '')
    return fault("A file: URL has three slashes: 'file:///directory/file'");
  if (url.protocol === 'file:' && /%2f|%5c|%00/i.test(url.pathname))
    return fault('A file: URL hides no separators in %XX');
  if (url.protocol === 'file:' && (url.search !== '' || url.hash !== ''))
    return fault("A file: URL holds no '?' or '#'");
  if (url.pathname.endsWith('/') && url.search === '') return fault('The URL names a directory, not a file');
  return null;
}

const imageUrl = (description: string) =>
  text({
    description,
    says: 'An image URL is absolute, with scheme file:, http: or https:',
    expected: 'file:///… | http://… | https://…',
    maxLength: limits.urlLength,
    explain: explainImageUrl,
  });

const macSays = 'A MAC is six pairs of hexadecimal digits with colons, unicast (the second digit even)';
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}(?<!\.)$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const free = (rule: Omit<TextRule, 'says' | 'expected'> & { readonly what: string }) =>
  text({ ...rule, says: `${rule.what} is text`, expected: `text of at most ${rule.maxLength} characters` });

const labelValue = text({
  description: 'Value of a label; may be empty.',
  says: "A label value is at most 63 of letters, digits, '-', '_', '.', beginning and ending alphanumeric, or empty",
  expected: labelValuePattern.source,
  maxLength: 63,
  pattern: labelValuePattern,
});
const annotationValue = free({
  description: 'Free text.',
  what: 'An annotation',
  maxLength: limits.annotationLength,
  lines: true,
});

const labelMap = (description: string) => map(labelValue, { description, default: {}, max: limits.mapEntries });
const port = (description: string) => integer({ description, min: 1, max: 65_535, unit: 'port' });
const gib = (description: string) => integer({ description, min: 1, max: limits.diskGib, unit: 'GiB' });
const seconds = (description: string, min: number, fallback: number) =>
  integer({ description, default: fallback, min, max: limits.seconds, unit: 'seconds' });

export const vmFields = {
  name: named('Name of the instance, unique in the cluster and fixed for life.'),
  labels: labelMap('Key-value pairs to select by. A change of labels alone makes no new generation.'),
  labelValue,
  annotations: map(annotationValue, { description: 'Free notes by key.', default: {}, max: limits.mapEntries }),
  annotationValue,
  description: free({
    description: 'Free text for people.',
    what: 'description',
    maxLength: limits.descriptionLength,
    lines: true,
  }),
  desired_phase: choice(['running', 'stopped'], {
    description: 'What the instance should do. Deleting is a verb.',
    default: vmDefaults.desiredPhase,
  }),
  cpu_cores: integer({ description: 'Virtual CPUs.', default: vmDefaults.cpuCores, min: 1, max: 256, unit: 'cores' }),
  memory_mib: integer({
    description: 'Memory of the guest in MiB.',
    default: vmDefaults.memoryMib,
    min: 32,
    max: 4_194_304,
    unit: 'MiB',
  }),
  cpu_cores_max: integer({
    description: 'Headroom: cores that can be added without a restart.',
    min: 1,
    max: 256,
    unit: 'cores',
  }),
  memory_max_mib: integer({
    description: 'Headroom: memory in MiB up to which memory_mib changes without a restart.',
    min: 32,
    max: 4_194_304,
    unit: 'MiB',
  }),
  image_url: imageUrl('URL of the disk image that the root disk is made from.'),
  image_sha256: sha256('SHA-256 of the image; absent: what the first realisation finds is kept.'),
  image_format: choice(['qcow2', 'raw'], {
    description: 'Format of the image; stated, never probed. Required with image_url.',
  }),
  architecture: choice(['amd64', 'arm64'], { description: 'CPU architecture; absent: that of the cluster.' }),
  firmware_id: choice(['seabios', 'ovmf'], { description: 'Firmware.', default: vmDefaults.firmwareId }),
  machine: choice(['q35', 'microvm'], { description: 'Machine type.', default: vmDefaults.machine }),
  accel: choice(['auto', 'kvm', 'tcg'], {
    description: 'Accelerator; auto takes KVM where it is proven to work.',
    default: vmDefaults.accel,
  }),
  kernel: imageUrl('URL of a kernel to boot directly; with an image, the image is the root disk.'),
  kernel_sha256: sha256('SHA-256 of the kernel.'),
  initrd: imageUrl('URL of the initial RAM disk of the kernel.'),
  initrd_sha256: sha256('SHA-256 of the initrd.'),
  cmdline: free({ description: 'Command line of the kernel.', what: 'cmdline', maxLength: limits.cmdlineLength }),
  disk_gib: gib('Size of the root disk in GiB; absent: the size of the image. Only grows.'),
  disk_name: named('Name of the disk within the instance.'),
  size_gib: gib('Size of the disk in GiB. Only grows.'),
  pool: named('Storage pool of the disk.', vmDefaults.pool),
  ephemeral: flag({ description: 'May be made anew, empty, on another node.', default: false }),
  read_only: flag({ description: 'The guest cannot write to it.', default: false }),
  nic_name: named('Name of the NIC within the instance; absent: eth and its index.'),
  network: named("Network of the NIC; 'user' is the built-in user-mode network.", vmDefaults.network),
  mac: text({
    description: 'MAC address; absent: derived from uid and index.',
    says: macSays,
    expected: '52:54:00:xx:xx:xx',
    maxLength: 17,
    pattern: /^[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}$/,
  }),
  protocol: choice(['tcp', 'udp'], { description: 'Protocol of the forward.', default: vmDefaults.protocol }),
  host_ip: text({
    description: 'IPv4 address of the node to listen on.',
    default: vmDefaults.hostIp,
    says: 'An IPv4 address is four numbers 0..255 with dots',
    expected: '127.0.0.1',
    maxLength: 15,
    pattern: ipv4,
  }),
  host_port: integer({
    description: 'Port on the node; 0: the node chooses one and keeps it.',
    default: vmDefaults.hostPort,
    min: 0,
    max: 65_535,
    unit: 'port',
  }),
  guest_port: port('Port in the guest.'),
  user_data: free({
    description: 'cloud-init user-data. Shown only to callers who may edit the instance.',
    what: 'user_data',
    maxLength: limits.userDataLength,
    lines: true,
  }),
  network_config: free({
    description: 'cloud-init network configuration, YAML text.',
    what: 'network_config',
    maxLength: limits.networkConfigLength,
    lines: true,
  }),
  ssh_authorized_keys: list(
    free({ description: 'Public key, one line.', what: 'An SSH key', maxLength: limits.sshKeyLength }),
    { description: 'Public keys of the default user.', default: [], max: limits.sshKeys, of: 'public keys' },
  ),
  hostname: text({
    description: 'Host name of the guest; absent: the name of the instance.',
    says: "A host name is labels of letters, digits and '-', at most 63 each, with dots between",
    expected: 'web-1.example.org',
    maxLength: limits.hostnameLength,
    pattern: dnsName,
  }),
  runtime: choice(['qemu', 'cloud_hypervisor'], { description: 'Hypervisor.', default: vmDefaults.runtime }),
  node: named('Only this node.'),
  selector: labelMap('Labels that a node must have.'),
  preferred: labelMap('Labels that a node should have.'),
  affinity_groups: list(named('Name of an affinity group.'), {
    description: 'Affinity groups the instance is in.',
    default: [],
    max: limits.affinityGroups,
    of: 'names',
  }),
  restart_policy: choice(['never', 'on_failure', 'always'], {
    description: 'What the end of the hypervisor process leads to.',
    default: vmDefaults.restartPolicy,
  }),
  node_loss_policy: choice(['pin', 'restart_elsewhere'], {
    description: 'What the loss of the node leads to. restart_elsewhere needs disks that are shared or ephemeral.',
    default: vmDefaults.nodeLossPolicy,
  }),
  drift_policy: choice(['correct', 'detect'], {
    description: 'Whether deviations are corrected or only reported.',
    default: vmDefaults.driftPolicy,
  }),
  on_unresponsive: choice(['report', 'restart'], {
    description: 'What a hypervisor that is silent for 5 min leads to.',
    default: vmDefaults.onUnresponsive,
  }),
  grace_seconds: seconds('Time in seconds that the guest has to power off.', 0, vmDefaults.graceSeconds),
  on_timeout: choice(['kill', 'fail'], { description: 'What follows the grace time.', default: vmDefaults.onTimeout }),
  check_name: named('Name of the check within the instance.'),
  port: port('Port in the guest.'),
  http_path: text({
    description: 'Path of the request.',
    default: vmDefaults.httpPath,
    says: "A path starts with '/' and holds no white space",
    expected: '/health',
    maxLength: limits.httpPathLength,
    pattern: /^\/[\x21-\x7e]*$/,
  }),
  command: list(free({ description: 'One argument.', what: 'An argument', maxLength: limits.commandArgumentLength }), {
    description: 'Program and arguments to run; exit code 0 is healthy.',
    max: limits.commandArguments,
    of: 'arguments',
  }),
  interval_seconds: seconds('Time between two checks in seconds.', 1, vmDefaults.intervalSeconds),
  timeout_seconds: seconds('Time that one check may take in seconds.', 1, vmDefaults.timeoutSeconds),
  retries: integer({
    description: 'Failures in a row after which the instance is unhealthy.',
    default: vmDefaults.retries,
    min: 1,
    max: 100,
    unit: 'failures',
  }),
  start_at_boot: flag({ description: 'Start again after a reboot of the node.', default: vmDefaults.startAtBoot }),
  boot_order: integer({
    description: 'Order at the boot of the node, lowest first.',
    default: vmDefaults.bootOrder,
    min: 0,
    max: 65_535,
    unit: 'rank',
  }),
  depends_on: list(named('Name of an instance.'), {
    description: 'Instances that must run before this one is created.',
    default: [],
    max: limits.dependsOn,
    of: 'names',
  }),
  deletion_protection: flag({ description: 'Refuse to delete the instance.', default: false }),
} as const;
