import type { EventDocument, FailureDocument, HistoryDocument } from '../client/documents.ts';
import { renderAge, renderMoment } from './render-age.ts';
import { type Cell, type Column, renderTable } from './render-table.ts';
import type { View } from './view.ts';

export interface EventShape {
  /** With `-o wide`: what a log elsewhere is compared with, and where it happened. */
  readonly wide: boolean;
}

const columnsOf = ({ wide }: EventShape): readonly Column[] => [
  { title: 'CODE' },
  { title: 'OBJECT' },
  ...(wide ? [{ title: 'NODE' }] : []),
  { title: 'BY' },
  { title: 'MESSAGE', shrinks: true, wraps: true },
];

function rowOf(event: EventDocument, { wide }: EventShape): readonly Cell[] {
  const { resource, node } = event;
  const object = resource === null ? (node === null ? '-' : `node/${node}`) : `vm/${resource.name}`;
  return [{ text: event.code, tone: 'strong' }, object, ...(wide ? [node ?? '-'] : []), event.by, event.message];
}

const wholeSecond = (at: string): string => at.replace(/\.\d+/, '');

/** Rows that stay on the screen while time goes on say when it was; an age would be wrong a second later. */
export const followedEventColumns = (shape: EventShape): readonly Column[] => [{ title: 'TIME' }, ...columnsOf(shape)];

export function followedEventRow(event: EventDocument, shape: EventShape): readonly Cell[] {
  return [wholeSecond(event.at), ...rowOf(event, shape)];
}

export function renderEvents(events: readonly EventDocument[], shape: EventShape, view: View): string {
  const columns = [...(shape.wide ? [{ title: 'TIME' }] : []), { title: 'AGE' }, ...columnsOf(shape)];
  const rows = events.map((event) => [
    ...(shape.wide ? [wholeSecond(event.at)] : []),
    renderAge(event.at, view.now),
    ...rowOf(event, shape),
  ]);
  return renderTable(columns, rows, view);
}

/** What was tried in vain again and again. */
function againText({ times = 1, at }: FailureDocument, { now }: View): string {
  return times === 1 ? '' : ` (${times} times in ${renderAge(at, now)})`;
}

export function renderHistory(history: HistoryDocument, shape: EventShape, view: View): string {
  const failures = history.failures.map((failure) => [
    ...(shape.wide ? [wholeSecond(failure.last_at ?? failure.at)] : []),
    renderMoment(failure.last_at ?? failure.at, view.now),
    { text: failure.code, tone: 'bad' as const },
    `${failure.message}${againText(failure, view)}`,
  ]);
  const columns: readonly Column[] = [
    ...(shape.wide ? [{ title: 'TIME' }] : []),
    ...[{ title: 'FAILED' }, { title: 'CODE' }, { title: 'MESSAGE', shrinks: true as const, wraps: true as const }],
  ];
  const parts = [
    failures.length === 0 ? '' : renderTable(columns, failures, view),
    history.events.length === 0 ? '' : renderEvents(history.events, shape, view),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'Nothing has happened yet.\n' : parts.join('\n');
}
