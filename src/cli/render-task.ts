import type { TaskDocument } from '../client/documents.ts';
import { statusTone } from './paint.ts';
import { renderAge, renderMoment } from './render-age.ts';
import { type Column, renderTable } from './render-table.ts';
import { plainText } from './text-width.ts';
import type { View } from './view.ts';

const columns: readonly Column[] = [
  { title: 'ID' },
  { title: 'TYPE' },
  { title: 'OBJECT' },
  { title: 'STATUS' },
  { title: 'DONE', align: 'right' },
  { title: 'AGE' },
  { title: 'STEP', shrinks: true },
];

/** With `-o wide`: when, how long, by whom, and the code to look up. */
const wideColumns: readonly Column[] = [
  ...columns.slice(0, -1),
  { title: 'CREATED' },
  { title: 'TOOK' },
  { title: 'BY' },
  { title: 'CODE' },
  ...columns.slice(-1),
];

export function renderTasks(tasks: readonly TaskDocument[], { wide }: { readonly wide: boolean }, view: View): string {
  const rows = tasks.map((task) => [
    task.id,
    task.type,
    `vm/${task.resource.name}`,
    { text: task.status, tone: statusTone(task.status) },
    `${task.progress} %`,
    renderAge(task.created_at, view.now),
    ...(wide ? wideCells(task) : []),
    task.error?.message ?? (task.step === null ? '' : `${task.step.name}: ${task.step.message}`),
  ]);
  return renderTable(wide ? wideColumns : columns, rows, view);
}

function wideCells(task: TaskDocument): readonly string[] {
  const took = task.finished_at === null ? '-' : renderAge(task.created_at, Date.parse(task.finished_at));
  return [task.created_at.replace(/\.\d+/, ''), took, task.requested_by, task.error?.code ?? '-'];
}

export function renderTask(task: TaskDocument, view: View): string {
  const { step, error } = task;
  const rows: readonly (readonly [string, string | null])[] = [
    ['task', task.id],
    ['type', task.type],
    ['object', `vm/${task.resource.name}`],
    ['status', view.paint(statusTone(task.status), `${task.status}, ${task.progress} %`)],
    ['step', step === null ? null : `${step.name} (${step.index + 1} of ${step.count}): ${plainText(step.message)}`],
    ['target', `generation ${task.target_generation}, run ${task.target_run}`],
    ['asked by', task.requested_by],
    ['created', renderMoment(task.created_at, view.now)],
    ['finished', task.finished_at === null ? null : renderMoment(task.finished_at, view.now)],
    ['deadline', task.finished_at === null ? renderMoment(task.deadline, view.now) : null],
    ['superseded', task.superseded_by === null ? null : `by task ${task.superseded_by}`],
    ['ended', endText(task)],
    ['error', error === null ? null : view.paint('bad', `${plainText(error.message)} (${error.code})`)],
    ['next', nextAction(task)],
  ];
  return rows
    .filter((row): row is readonly [string, string] => row[1] !== null)
    .map(([title, text]) => `${view.paint('faint', title.padEnd(10))}  ${text}\n`)
    .join('');
}

/** What came of the guest, where that is not what its user had asked for. */
export function endText({ result }: TaskDocument): string | null {
  return result?.ended === 'killed_after_grace' ? 'killed: the guest did not power off in its grace time' : null;
}

function nextAction({ error }: TaskDocument): string | null {
  const next = error?.details['next_action'];
  return typeof next === 'string' ? plainText(next) : null;
}
