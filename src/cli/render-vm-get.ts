/**
 * `vm get`: desired and observed side by side, so that one sees at a glance what is still propagating and why. Order of
 * the page: the verdict, the two views, what it waits for or why it failed and what to do, then the evidence.
 */
import type { ConditionDocument, VmDocument } from '../client/vm-document.ts';
import { failureKinds, isFailureCode } from '../core/instance/failure-reason.ts';
import { phaseTone, statusTone, type Tone } from './paint.ts';
import { renderAge, renderMoment } from './render-age.ts';
import { renderTable } from './render-table.ts';
import { clipText, plainText, textWidth, wrapText } from './text-width.ts';
import type { View } from './view.ts';
import { metricsText, vmRows } from './vm-rows.ts';

/** Where a pipe does not say how wide a line of prose may be. */
const proseColumns = 110;
/** Below this the reasons do not fit beside the two views. */
const sideBySideColumns = 116;

export function isInSync({ generation, status }: VmDocument): boolean {
  return generation === status.observed_generation && status.drift.length === 0 && !status.stale;
}

export function renderVmGet(vm: VmDocument, view: View): string {
  return [heading(vm, view), sides(vm, view), prose(vm, view), conditions(vm, view), facts(vm, view)].join('');
}

function heading(vm: VmDocument, { paint }: View): string {
  const { phase } = vm.status;
  const verdict = phase === 'gone' ? null : syncWords(vm);
  const sync = verdict === null ? '' : `  ${paint(verdict.tone, verdict.text)}`;
  return `${paint('name', vm.name)}  ${paint(phaseTone(phase), phase)}${sync}\n\n`;
}

/** Whether what runs is what was asked for, in words. */
export function syncWords(vm: VmDocument): { readonly text: string; readonly tone: Tone } {
  const { generation, status } = vm;
  if (status.stale) return { text: `stale: node ${status.node ?? ''} has not been heard of`, tone: 'warn' };
  if (isInSync(vm)) return { text: `in sync at generation ${generation}`, tone: 'good' };
  const causes = [...new Set(status.drift.map(({ cause }) => cause))];
  const none = status.node === null ? 'on no node yet' : 'change_propagating';
  const why = causes.length === 0 ? none : causes.join(', ');
  const realised =
    status.observed_generation < generation ? `generation ${status.observed_generation} of ${generation}` : '';
  const words = [why.replaceAll('_', ' '), realised].filter((word) => word !== '').join(', ');
  return { text: `not in sync: ${words}`, tone: causes.includes('failed') ? 'bad' : 'busy' };
}

function sides(vm: VmDocument, view: View): string {
  const lines = vmRows(vm, view.now);
  const rows = lines.map(({ field, desired, observed, note, differs }) => {
    const tone: Tone = field === 'phase' ? phaseTone(vm.status.phase) : differs ? 'busy' : 'plain';
    return [
      { text: field, tone: 'faint' as const },
      desired,
      { text: differs ? '≠' : '', tone: 'warn' as const },
      { text: observed, tone },
      { text: note, tone: 'warn' as const },
    ];
  });
  // The reasons are why one looks: a terminal too narrow for a third column gets them below, in full.
  const below = view.columns !== null && view.columns < sideBySideColumns;
  const columns = [
    { title: '' },
    { title: 'DESIRED', shrinks: true },
    { title: '' },
    { title: vm.status.stale ? 'OBSERVED (STALE)' : 'OBSERVED', shrinks: true },
    { title: !below && lines.some(({ note }) => note !== '') ? 'WHY' : '', shrinks: true },
  ] as const;
  if (!below) return renderTable(columns, rows, view);
  const notes = lines
    .filter(({ note }) => note !== '')
    .flatMap(({ field, note }) => paragraph('Why', 'warn', `${field}: ${note}`, view));
  const table = renderTable(
    columns,
    rows.map((row) => row.slice(0, 4)),
    view,
  );
  return table + (notes.length === 0 ? '' : `\n${notes.map((line) => `${line}\n`).join('')}`);
}

function prose(vm: VmDocument, view: View): string {
  const { reason, waiting } = vm.status;
  const lines: string[] = [];
  if (reason !== undefined) {
    lines.push(
      ...paragraph(vm.status.phase === 'pending' ? 'Pending' : 'Failed', 'bad', reason.message, view, reason.code),
    );
    lines.push(...paragraph('Next', 'strong', reason.next_action, view));
  }
  if (waiting !== undefined) {
    const times = `for ${renderAge(waiting.since, view.now)}, deadline ${renderMoment(waiting.deadline, view.now)}`;
    lines.push(...paragraph('Waiting', 'busy', `${waiting.message} (${waiting.for}, ${times})`, view));
  }
  return lines.length === 0 ? '' : `\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** A titled paragraph, wrapped with a hanging indent. */
function paragraph(title: string, tone: Tone, text: string, view: View, code?: string): readonly string[] {
  const indent = 9;
  const width = Math.max(30, (view.columns ?? proseColumns) - indent);
  const words = code === undefined ? plainText(text) : `${plainText(text)} (${code})`;
  return wrapText(words, width).map((line, at) => {
    const lead = at === 0 ? view.paint(tone, title) + ' '.repeat(indent - textWidth(title)) : ' '.repeat(indent);
    return lead + line;
  });
}

function conditions(vm: VmDocument, view: View): string {
  const rows = vm.status.conditions.map((condition) => [
    condition.type,
    { text: condition.status, tone: conditionTone(condition, isInSync(vm)) },
    condition.code,
    renderMoment(condition.since, view.now),
    condition.message,
  ]);
  const columns = [
    { title: 'CONDITION' },
    { title: 'STATUS' },
    { title: 'CODE' },
    { title: 'SINCE' },
    { title: 'MESSAGE', shrinks: true, wraps: true },
  ] as const;
  return rows.length === 0 ? '' : `\n${renderTable(columns, rows, view)}`;
}

function conditionTone({ type, status, code }: ConditionDocument, isAsWanted: boolean): Tone {
  // What is to be off does not run, and nothing may have been made for it yet.
  if (isAsWanted && status === 'false' && (type === 'running' || type === 'realised')) return 'faint';
  return status === 'false' && /propagating|stopping|starting|creating|pending/.test(code)
    ? 'busy'
    : statusTone(status);
}

function firstLine(text: string | null): string | null {
  const [first = '', ...more] = text?.trim().split('\n') ?? [];
  return first === '' ? null : `${first}${more.length === 0 ? '' : ' …'}`;
}

/** What cannot be had yet is tried again whatever the restart policy says, which speaks of guests that ended. */
function triesLine({ status, restart_policy: policy }: VmDocument): readonly [string, string | null] {
  const { attempt } = status.restart;
  const code = status.reason?.code ?? '';
  const isTried = isFailureCode(code) && failureKinds[code].retry === 'later';
  if (isTried) return ['tries', attempt === 0 ? null : `${attempt} failed`];
  return ['restarts', attempt === 0 ? null : `attempt ${attempt}, by ${policy}`];
}

/** Nothing is observed any more of one that is gone. */
function observedText({ status }: VmDocument, view: View): string | null {
  if (status.observed_at !== null) return renderMoment(status.observed_at, view.now);
  return status.phase === 'gone' ? null : 'never';
}

function facts(vm: VmDocument, view: View): string {
  const { status } = vm;
  const labels = Object.entries(vm.labels).map(([key, value]) => `${key}=${value}`);
  const owner =
    vm.managed_by.source === 'git' ? `git ${vm.managed_by.commit?.slice(0, 12) ?? ''}` : vm.managed_by.source;
  const lines: readonly (readonly [string, string | null])[] = [
    ['labels', labels.length === 0 ? null : labels.join(', ')],
    ['description', firstLine(vm.description)],
    ['metrics', metricsText(status.metrics)],
    triesLine(vm),
    ['managed by', owner],
    ['observed', observedText(vm, view)],
    ['uid', vm.uid],
  ];
  const shown = lines.filter((line): line is readonly [string, string] => line[1] !== null);
  const width = Math.max(...shown.map(([title]) => title.length));
  const room = view.columns === null ? Number.POSITIVE_INFINITY : view.columns - width - 2;
  const text = shown.map(([title, value]) => {
    return `${view.paint('faint', title.padEnd(width))}  ${clipText(plainText(value), room)}\n`;
  });
  return `\n${text.join('')}`;
}
