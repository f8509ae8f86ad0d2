/**
 * A guest runs and its checks speak. The end of a guest that fails them is the restart policy's business, like the end of a
 * process: under `on_failure` and `always` it is condemned with its reason, so that what follows its proven death is a failure
 * with backoff; under `never` it is left running, in error, until its checks pass again (ADR 12).
 */
import type { TimeMs } from '../kit/brand.ts';
import type { LiveSituation } from './classify.ts';
import { condemn } from './decide-stop.ts';
import { act, type Decision, journal } from './decision.ts';
import type { DesiredVm } from './desired.ts';
import { unhealthyReason } from './health.ts';
import type { InstanceRecord } from './record.ts';

/** Null: the checks ask for nothing now. */
export function decideHealth(
  desired: DesiredVm,
  record: InstanceRecord,
  situation: LiveSituation,
  now: TimeMs,
): Decision | null {
  const { health } = situation;
  if (health === null || desired.spec.healthChecks.length === 0) return null;
  const checks = health.passed.filter((name) => !record.checksPassed.includes(name));
  if (checks.length > 0) return journal({ kind: 'checks_passed', checks }, 'health_check_passed');
  if (health.failing === null) return null;
  const { code } = health.failing;
  const reason = unhealthyReason(health.failing, situation.incarnation.id, now);
  if (desired.spec.restartPolicy !== 'never') {
    return act({ ...condemn(desired, situation, 'unhealthy', now), failure: reason }, code);
  }
  // Told already, or another error is told first.
  return record.operationError === null ? journal({ kind: 'unhealthy', reason }, code) : null;
}

/** S23: proof of life clears an operation error; one about health stands until the checks pass, or there are none. */
export function isRepaired({ spec }: DesiredVm, record: InstanceRecord, { health }: LiveSituation): boolean {
  const code = record.operationError?.reason.code;
  if (code === undefined) return false;
  const isHealth = code === 'health_check_failed' || code === 'boot_timeout';
  return !isHealth || spec.healthChecks.length === 0 || health?.isWell === true;
}
