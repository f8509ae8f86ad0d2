/**
 * Failure reasons of instances and tasks (spec §2 "Incarnation states and failures"): stable codes with their retry class.
 * They answer no request: they are read in `status.reason`, `task.error` and events.
 */

/** `later`: backoff without end. `on_change`: when the generation changes, or on `start`. `by_policy`: restart policy. */
export type FailureRetry = 'later' | 'on_change' | 'by_policy' | 'never';

interface FailureRow {
  readonly retry: FailureRetry;
  readonly sentence: string;
  readonly nextAction: string | null;
}

const later = (sentence: string, nextAction: string | null = null): FailureRow => ({
  retry: 'later',
  sentence,
  nextAction,
});
const onChange = (sentence: string, nextAction: string | null = null): FailureRow => ({
  retry: 'on_change',
  sentence,
  nextAction,
});
const byPolicy = (sentence: string, nextAction: string | null = null): FailureRow => ({
  retry: 'by_policy',
  sentence,
  nextAction,
});
const never = (sentence: string, nextAction: string | null = null): FailureRow => ({
  retry: 'never',
  sentence,
  nextAction,
});

export const failureCodes = {
  image_unavailable: later('The image, kernel or initrd cannot be fetched', 'Check the URL and its server'),
  pool_full: later('The storage pool of the node has no room', 'Free space on the node'),
  insufficient_resources: later('No node has the cpu or memory asked for', 'Ask for less, or add a node'),
  network_unavailable: later('A network of the instance does not exist on the node', 'Check nics[].network'),
  volume_unavailable: later(
    'A disk of the instance is not where it must be',
    'Bring the disk back; it is never re-made',
  ),
  realisation_failed: later('Disks or files of the instance could not be made', "Run 'holdfast vm logs NAME'"),
  hypervisor_spawn_failed: later('The hypervisor did not start', "Read the stderr tail; run 'holdfast doctor'"),
  dependency_failed: later('An instance named in depends_on failed', 'Repair the dependency'),
  no_ready_node: later('No node is ready to take the instance', "Run 'holdfast node list'"),
  selector_unmatched: later('No node has the labels of placement.selector', 'Change the selector, or label a node'),
  checksum_mismatch: onChange('The bytes fetched do not have the sha256 stated', 'Correct the sha256 or the image'),
  image_invalid: onChange('The image is not what its format says, or refers to other files', 'Use a flat image'),
  unsupported_format: onChange('The image has a format that cannot be run', 'Convert it to qcow2 or raw'),
  disk_too_small: onChange('disk_gib is smaller than the image', 'Raise disk_gib'),
  script_failed: onChange('A script of the instance failed', 'Read the output tail, correct the script'),
  disk_not_movable: onChange('A disk is neither ephemeral nor on shared storage', "Use node_loss_policy 'pin'"),
  hypervisor_exited: byPolicy('The hypervisor process ended', "Run 'holdfast vm logs NAME'"),
  guest_panicked: byPolicy('The kernel of the guest panicked', "Run 'holdfast vm logs NAME'"),
  boot_timeout: byPolicy('The guest did not come up in time', "Run 'holdfast vm console NAME'"),
  health_check_failed: byPolicy('A health check failed too often', 'Look into the guest'),
  stop_timeout: never(
    "The guest did not power off in the grace time and stop.on_timeout is 'fail'",
    "Run 'holdfast vm poweroff NAME' to force it, or 'holdfast vm start NAME' to keep it running",
  ),
  operation_deadline_exceeded: later('No progress within the deadline; it is tried on', "Run 'holdfast explain NAME'"),
  migration_failed: never('The migration did not finish; the source goes on', 'Read the details, then migrate again'),
  no_such_instance: later('The agent no longer knows the instance'),
  node_off: later('The node is off', 'Power the node on'),
  node_expunged: never('The node was removed by force', "Run 'readmit', 'delete' or 'start --elsewhere'"),
  from_agent: later('A newer agent reported a code unknown here; details.code has it'),
  prehistoric: later('Failed before reasons were recorded'),
  journal_corrupt: later('The journal of the agent is damaged; it adopts by scan first', "Run 'holdfast doctor'"),
} as const satisfies Record<string, FailureRow>;

/** Code of a failure reason. */
export type FailureCode = keyof typeof failureCodes;
