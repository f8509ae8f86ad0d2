/** Journal changes of a fetch for a newer run, while the guest of the older one goes on (ADR 14). */
import type { DesiredVm } from './desired.ts';
import { type FailureReason, failureKinds } from './failure-reason.ts';
import type { InstanceRecord } from './record.ts';
import { type Moment, recordOperationFailed } from './record-outcome.ts';

/** What the next run is made of could not be had. What only a change can mend is not tried again by itself (spec §2). */
export function recordFetchFailed(
  record: InstanceRecord,
  desired: DesiredVm,
  reason: FailureReason,
  moment: Moment,
): InstanceRecord {
  const failed = recordOperationFailed(record, desired, reason, moment);
  const { operationError } = failed;
  if (operationError === null || failureKinds[reason.code].retry === 'later') return failed;
  return { ...failed, operationError: { ...operationError, retryAt: null } };
}

/** What the next run is made of is there. Digests of the present one stay; those of orders that came to nothing go. */
export function recordFetched(record: InstanceRecord, images: InstanceRecord['images']): InstanceRecord {
  return { ...record, images: { ...presentImages(record), ...images }, operationError: null };
}

/** The live incarnation is what the newer run was to be: it carries that run, and what went wrong with another is over. */
export function recordRunKept(record: InstanceRecord, { run }: DesiredVm): InstanceRecord {
  const { incarnation } = record;
  if (incarnation === null) return record;
  return { ...record, incarnation: { ...incarnation, run }, images: presentImages(record), operationError: null };
}

function presentImages({ incarnation, images }: InstanceRecord): InstanceRecord['images'] {
  const { imageUrl, kernel, initrd } = incarnation?.started.spec ?? { imageUrl: null, kernel: null, initrd: null };
  return Object.fromEntries(Object.entries(images).filter(([url]) => [imageUrl, kernel, initrd].includes(url)));
}
