/** What `apply`, `diff` and `plan` print: one line a document, below it each change with its cost. */
import type { Json, JsonObject } from '../core/kit/json.ts';
import { sameJson } from '../core/kit/same-json.ts';
import type { Tone } from './paint.ts';
import { changedText } from './render-error.ts';
import { hangText, plainText } from './text-width.ts';
import type { View } from './view.ts';

export interface PlanItem {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly action: string;
  readonly generation: number;
  readonly changes: readonly PlanChange[];
  readonly restarts: boolean;
  readonly deferred: boolean;
  /** Of an apply: the task that follows it, null where nothing is to be done. */
  readonly task?: string | null;
}

export interface PlanChange {
  readonly field: string;
  readonly from: Json;
  readonly to: Json;
  readonly cost: string;
  readonly because: string;
  readonly destroys?: readonly string[];
}

interface ActionWords {
  readonly will: string;
  readonly done: string;
  readonly sign: string;
  readonly tone: Tone;
}

const actions: Readonly<Record<string, ActionWords>> = {
  create: { will: 'create', done: 'created', sign: '+', tone: 'good' },
  update: { will: 'change', done: 'changed', sign: '~', tone: 'warn' },
  unchanged: { will: 'unchanged', done: 'unchanged', sign: ' ', tone: 'faint' },
  delete: { will: 'delete', done: 'deleted', sign: '-', tone: 'bad' },
};

const wordsOf = (action: string): ActionWords =>
  actions[action] ?? { will: action, done: action, sign: '?', tone: 'plain' };

const costTones: Readonly<Record<string, Tone>> = {
  none: 'faint',
  in_place: 'good',
  restart: 'warn',
  replace: 'bad',
  refused: 'bad',
};

export const itemsOf = (answer: JsonObject): readonly PlanItem[] => (answer['items'] ?? []) as unknown as PlanItem[];

/** Lines of an apply that was done. */
export function renderApplied(items: readonly PlanItem[], view: View): string {
  return items.map((item) => `vm/${item.name} ${view.paint(wordsOf(item.action).tone, doneWords(item))}\n`).join('');
}

function doneWords(item: PlanItem): string {
  const { action, restarts } = item;
  const how = restarts ? ' (restarts)' : waitsForStart(item) ? ' (applied at the next start)' : '';
  return `${wordsOf(action).done}${how}${isSpelling(item) ? ` (${onlySpelling})` : ''}`;
}

/** Nothing restarts: it was put off, or the VM is off and what costs a restart comes with its next start. */
const waitsForStart = ({ restarts, deferred, changes }: PlanItem): boolean =>
  !restarts && (deferred || changes.some(({ cost }) => cost === 'restart' || cost === 'replace'));

/** A manifest that writes out what is the default anyway, or leaves it away, changes what `get -o yaml` prints, and no more. */
const isSpelling = ({ action, changes, restarts, deferred }: PlanItem): boolean =>
  action === 'update' && changes.length === 0 && !restarts && !deferred;
const onlySpelling = 'only which defaults are written out; no value changes';

/** The whole plan with a summary as the last line. */
export function renderPlan(items: readonly PlanItem[], view: View): string {
  return `${items.map((item) => renderItem(item, view)).join('')}${renderSummary(items)}\n`;
}

/** Only what differs, as `diff` does; nothing where nothing does. */
export function renderDiff(items: readonly PlanItem[], view: View): string {
  return items
    .filter(({ action }) => action !== 'unchanged')
    .map((item) => renderItem(item, view))
    .join('');
}

function renderItem(item: PlanItem, view: View): string {
  const { sign, will, tone } = wordsOf(item.action);
  const costs = item.restarts ? ', restarts it' : waitsForStart(item) ? ', at the next start' : '';
  const spelling = isSpelling(item) ? `: ${onlySpelling}` : '';
  const head = `${view.paint(tone, `${sign} vm/${item.name}`)}  ${will}${costs}${spelling}\n`;
  const changes = item.changes.flatMap(splitMap);
  const width = Math.max(0, ...changes.map(({ field }) => field.length));
  const lines = changes.map((change) =>
    hangText(`    ${renderPlanChange(change, width, view)}\n`, view.columns, '      '),
  );
  return head + lines.join('');
}

/** Labels and annotations by key: a reader looks for the one that differs. */
function splitMap(change: PlanChange): readonly PlanChange[] {
  const { field, from, to } = change;
  if (!isMap(from) || !isMap(to)) return [change];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .filter((key) => !sameJson(from[key], to[key]))
    .toSorted()
    .map((key) => ({ ...change, field: `${field}.${key}`, from: from[key] ?? null, to: to[key] ?? null }));
}

const isMap = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function renderPlanChange({ field, from, to, cost, because, destroys }: PlanChange, width: number, view: View): string {
  const tone = costTones[cost] ?? 'plain';
  const lost =
    destroys === undefined || destroys.length === 0 ? '' : view.paint('bad', `  destroys ${destroys.join(', ')}`);
  const why = view.paint('faint', `(${because.replaceAll('_', ' ')})`);
  const sides = `${changedText(from)} → ${changedText(to)}`;
  return `${plainText(field).padEnd(width)}  ${sides}  ${view.paint(tone, cost.replaceAll('_', ' '))} ${why}${lost}`;
}

/** `2 to create, 1 to change, 0 to delete, 3 unchanged; 1 restarts; destroys data of 1`. */
function renderSummary(items: readonly PlanItem[]): string {
  const count = (action: string): number => items.filter((item) => item.action === action).length;
  const restarts = items.filter((item) => item.restarts).length;
  const losing = items.filter(({ changes }) => changes.some(({ destroys }) => (destroys?.length ?? 0) > 0)).length;
  const parts = [
    `${count('create')} to create`,
    `${count('update')} to change`,
    `${count('delete')} to delete`,
    `${count('unchanged')} unchanged`,
  ].join(', ');
  return [
    parts,
    ...(restarts > 0 ? [`${restarts} restart${restarts === 1 ? 's' : ''}`] : []),
    ...(losing > 0 ? [`destroys data of ${losing}`] : []),
  ].join('; ');
}
