import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../core/kit/fault.ts';

/**
 * Why a process of `up` ended, where starting it again cannot help: what it needs is damaged, foreign, of a newer version,
 * taken, or was told wrongly. `data_dir_in_use` is not among them: the process before it may still be about to end.
 */
const hopelessCodes = [
  ...['store_corrupt', 'store_foreign', 'store_newer', 'journal_corrupt', 'address_in_use'],
  ...['data_dir_unusable', 'usage'],
];

export const isHopeless = ({ code }: Fault): boolean => hopelessCodes.includes(code);

/** The error that a process ended with, from what its log has behind `logBytes` of earlier ones; null where it said none. */
export function findLastFault(dataDir: string, name: string, logBytes: number): Fault | null {
  const file = join(dataDir, `${name}.log`);
  if (!existsSync(file)) return null;
  const log = readFileSync(file);
  // A log that was cut meanwhile holds nothing of earlier ones.
  const own = log.length < logBytes ? log : log.subarray(logBytes);
  const lines = own.toString('utf8').trimEnd().split('\n');
  // What the process said after its last line of log is the error that it ended with.
  const words = lines.slice(lines.findLastIndex((line) => line.startsWith('{')) + 1);
  const last = words.slice(words.findLastIndex((line) => line.startsWith('Error: '))).join('\n');
  // A message may go on over several lines.
  const [, message, code] = /^Error: ([\s\S]*?) \((\w+)\)$/m.exec(last) ?? [];
  if (message === undefined || code === undefined) return null;
  return new Fault(code, `Cannot start the ${name}: ${message}`, { retry: 'never' });
}

/**
 * A node belongs to the cluster it first met, for life: a store of another cluster, an empty one say, gets no word with it, and
 * what runs on it is left alone. Told by the last line of the agent's log, if that was written since `since`
 * (milliseconds).
 */
export function findForeignCluster(dataDir: string, since: number): Fault | null {
  const file = join(dataDir, 'agent.log');
  if (!existsSync(file)) return null;
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  if (!last.includes('"code":"wrong_cluster"')) return null;
  const line = JSON.parse(last) as ForeignLine;
  if (Date.parse(line.time) < since) return null;
  return new Fault('wrong_cluster', `Cannot start Holdfast: ${line.message}; its VMs are left as they are`, {
    retry: 'never',
    details: {
      cluster_id: line.cluster_id,
      node_cluster_id: line.node_cluster_id,
      next_action:
        `Put the store of "${line.node_cluster_id}" back, or a backup of it with 'holdfast restore FILE --data-dir ${dataDir}'. ` +
        `Where there is neither: 'holdfast up --data-dir ${dataDir} --join-cluster ${line.cluster_id}' lets the node join the ` +
        'new cluster, and its VMs run on as unknown instances',
    },
  });
}

/** What the agent says of a control plane that it refuses. */
interface ForeignLine {
  readonly time: string;
  readonly message: string;
  readonly cluster_id: string;
  readonly node_cluster_id: string;
}
