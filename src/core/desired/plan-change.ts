/**
 * What changing a VM from one resolved spec to another costs, field by field (spec §2 "Cost of a change", spec §5
 * plan). Pure: an empty plan means that nothing differs, so a plan never holds an empty difference.
 */
import type { DiskSpec, HealthProbe, VmSpec } from '../instance/spec.ts';
import { exhaustive } from '../kit/exhaustive.ts';
import type { Json, JsonObject } from '../kit/json.ts';
import { sameJson } from '../kit/same-json.ts';
import { costTable } from './cost-table.ts';
import { planCloudInit, planDisks, planNics } from './plan-devices.ts';
import { type ChangeBecause, type ChangeCost, type PlannedChange, rootDiskName, shown } from './planned-change.ts';

/** What the live incarnation reported of itself (never what was asked for): the limits of changes in place. */
export interface LiveHeadroom {
  readonly cpuCores: number;
  readonly memoryMib: number;
  readonly cpuCoresMax: number;
  readonly memoryMaxMib: number;
  /** Floor of changes in place; absent: no floor was reported. */
  readonly memoryMinMib?: number | undefined;
  /** Slots left for disks and NICs; absent: none, what is new comes with the next start. */
  readonly freePorts?: number | undefined;
  /** Disks that are attached now; a removed one is, until the next start. */
  readonly disks?: readonly DiskSpec[] | undefined;
  /** What it was started with, as it provably is now; absent: it may have been replaced since. */
  readonly spec?: VmSpec | undefined;
  /** A newer run was asked for, has not come, and comes in any case: whatever is wanted then, comes with it. */
  readonly restartAsked?: boolean | undefined;
}

type SpecKey = keyof VmSpec;
type Verdict = readonly [ChangeCost, ChangeBecause];

function change(
  key: SpecKey,
  from: VmSpec,
  to: VmSpec,
  [cost, because]: Verdict,
  destroys: readonly string[] = [],
): PlannedChange {
  return {
    field: costTable[key].field,
    from: shown(documentOf(from[key])),
    to: shown(documentOf(to[key])),
    cost,
    because,
    destroys,
  };
}

/** A field's value with the spelling of documents: snake_case all the way down, a probe under its own name. */
function documentOf(value: VmSpec[SpecKey]): Json {
  return snakeCase(value as Json);
}

function probeDocument(probe: HealthProbe): Json {
  if (probe.kind === 'command') return { command: probe.command };
  const { kind, ...fields } = probe;
  return { [kind]: fields };
}

function snakeCase(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(snakeCase);
  const { probe, ...plain } = value;
  const entries = Object.entries(plain).map(([key, inner]): [string, Json] => {
    // Labels in selectors are data, not fields: their keys stay as they are.
    if (key === 'selector' || key === 'preferred') return [key, inner ?? null];
    return [fieldWord(key), snakeCase(inner ?? null)];
  });
  const probed = probe === undefined ? {} : (probeDocument(probe as unknown as HealthProbe) as JsonObject);
  return { ...Object.fromEntries(entries), ...probed };
}

/** Memo of how fields are spelled in documents; a specification has some dozens of them. */
const fieldWords = new Map<string, string>();

function fieldWord(key: string): string {
  const known = fieldWords.get(key);
  if (known !== undefined) return known;
  const word = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  fieldWords.set(key, word);
  return word;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !isList(value);

function cpuVerdict(to: VmSpec, live: LiveHeadroom | null): Verdict {
  if (live === null) return ['restart', 'headroom_unknown'];
  if (to.cpuCores < live.cpuCores) return ['restart', 'cores_are_never_unplugged'];
  return to.cpuCores <= live.cpuCoresMax ? ['in_place', 'within_headroom'] : ['restart', 'above_headroom'];
}

function memoryVerdict(to: VmSpec, live: LiveHeadroom | null): Verdict {
  if (live === null) return ['restart', 'headroom_unknown'];
  if (to.memoryMib > live.memoryMaxMib) return ['restart', 'above_headroom'];
  if (to.memoryMib < (live.memoryMinMib ?? 0)) return ['restart', 'below_minimum'];
  return ['in_place', 'within_headroom'];
}

const replacingKeys = (Object.keys(costTable) as SpecKey[]).filter((key) => costTable[key].rule === 'replace');

/** Whether the root disk is made anew by the change as a whole. */
const remakesRoot = (from: VmSpec, to: VmSpec): boolean => replacingKeys.some((key) => from[key] !== to[key]);

/** A VM without an image has no root disk: there is nothing to lose, and the new one comes with the next start. */
function planReplace(key: SpecKey, from: VmSpec, to: VmSpec): PlannedChange {
  if (from.imageUrl === null) return change(key, from, to, ['restart', 'no_root_disk_yet']);
  return change(key, from, to, ['replace', 'root_disk_made_anew'], [rootDiskName]);
}

/**
 * What runs now, where the change goes back to the image that its root disk was made from, so that the disk is kept; else
 * null.
 */
function keptRoot(from: VmSpec, to: VmSpec, live: LiveHeadroom | null): VmSpec | null {
  const there = live?.spec ?? null;
  return there !== null && remakesRoot(from, to) && !remakesRoot(there, to) ? there : null;
}

function planRootSize(declared: VmSpec, to: VmSpec, live: LiveHeadroom | null): PlannedChange {
  const kept = keptRoot(declared, to, live);
  if (kept === null && remakesRoot(declared, to)) return planReplace('diskGib', declared, to);
  if (kept?.diskGib === to.diskGib) return takenBack(change('diskGib', declared, to, ['none', 'taken_back']), live);
  // What is kept has the size that it has, whatever was declared for the one that never was.
  const from = kept ?? declared;
  // Absent is the size of the image, which a stated size is never below: stating one grows, taking it back shrinks.
  const grows = to.diskGib !== null && (from.diskGib === null || to.diskGib > from.diskGib);
  return change('diskGib', from, to, grows ? ['in_place', 'grows_in_place'] : ['refused', 'disks_never_shrink']);
}

/** Nothing has to be done for it, and nothing is lost; a restart that was asked for comes all the same (`run` never decreases). */
function takenBack(planned: PlannedChange, live: LiveHeadroom | null): PlannedChange {
  const [cost, because]: Verdict =
    live?.restartAsked === true ? ['restart', 'restart_asked_before'] : ['none', 'taken_back'];
  return { ...planned, cost, because, destroys: [] };
}

/** The planned change of a field, corrected by what already runs: nothing is to be done for a value that is there. */
function asItRuns(planned: PlannedChange, key: SpecKey, to: VmSpec, live: LiveHeadroom | null): PlannedChange {
  const there = live?.spec;
  if (there === undefined || !sameJson(there[key], to[key])) return planned;
  if (costTable[key].rule === 'replace') return remakesRoot(there, to) ? planned : takenBack(planned, live);
  return planned.cost === 'restart' && planned.destroys.length === 0 ? takenBack(planned, live) : planned;
}

/** Of an object, only the members that differ: `stop.grace_seconds`. */
function planUnseen(key: SpecKey, from: VmSpec, to: VmSpec): readonly PlannedChange[] {
  const whole = change(key, from, to, ['none', 'not_seen_by_guest']);
  const [was, is] = [documentOf(from[key]), documentOf(to[key])];
  if (!isObject(was) || !isObject(is)) return [whole];
  return Object.keys(is)
    .filter((name) => !sameJson(was[name], is[name]))
    .map((name) => ({
      ...whole,
      field: `${whole.field}.${name}`,
      from: shown(was[name] ?? null),
      to: shown(is[name] ?? null),
    }));
}

function planField(key: SpecKey, from: VmSpec, to: VmSpec, live: LiveHeadroom | null): readonly PlannedChange[] {
  const { rule } = costTable[key];
  switch (rule) {
    case 'none':
      return planUnseen(key, from, to);
    case 'restart':
      return [change(key, from, to, ['restart', 'needs_new_process'])];
    case 'replace':
      return [planReplace(key, from, to)];
    case 'cpu':
      return [change(key, from, to, cpuVerdict(to, live))];
    case 'memory':
      return [change(key, from, to, memoryVerdict(to, live))];
    case 'root_size':
      return [planRootSize(from, to, live)];
    case 'disks':
      return planDisks(from, to, live);
    case 'nics':
      return planNics(from, to, live);
    case 'cloud_init':
      return planCloudInit(from, to);
    default:
      return exhaustive(rule);
  }
}

/** Whether what runs can become what is wanted without another process; `there` is what provably runs. */
export function needsRestart(
  there: VmSpec,
  to: VmSpec,
  live: Omit<LiveHeadroom, 'disks' | 'spec' | 'restartAsked'>,
): boolean {
  const changes = planChange(there, to, { ...live, disks: there.disks, spec: undefined, restartAsked: undefined });
  return changes.some(({ cost }) => cost !== 'none' && cost !== 'in_place');
}

/**
 * The plan of a change: every field that differs, in the order of documents, with its cost and the reason.
 * `live` is what the running incarnation reported; null when none runs (a `restart` then is simply the next start). What
 * was declared but never came costs nothing to take back.
 */
export function planChange(from: VmSpec, to: VmSpec, live: LiveHeadroom | null): readonly PlannedChange[] {
  if (from === to) return [];
  const kept = keptRoot(from, to, live);
  const isPlanned = (key: SpecKey): boolean =>
    !sameJson(from[key], to[key]) || (key === 'diskGib' && kept !== null && kept.diskGib !== to.diskGib);
  return (Object.keys(costTable) as SpecKey[])
    .filter(isPlanned)
    .flatMap((key) => planField(key, from, to, live).map((planned) => asItRuns(planned, key, to, live)));
}
