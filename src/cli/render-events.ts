import type { EventDocument, HistoryDocument } from '../client/documents.ts';
import { renderAge, renderMoment } from './render-age.ts';
import { type Cell, type Column, renderTable } from './render-table.ts';
import type { View } from './view.ts';

export const eventColumns: readonly Column[] = [
  { title: 'AGE' },
  { title: 'CODE' },
  { title: 'OBJECT' },
  { title: 'BY' },
  { title: 'MESSAGE', shrinks: true },
];

/** With `-o wide`: what a log elsewhere is compared with, and where it happened. */
const wideEventColumns: readonly Column[] = [
  { title: 'TIME' },
  ...eventColumns.slice(0, 3),
  { title: 'NODE' },
  ...eventColumns.slice(3),
];

/** Rows that stay on the screen while time goes on say when it was; an age would be wrong a second later. */
export const followedEventColumns: readonly Column[] = [{ title: 'TIME' }, ...eventColumns.slice(1)];

export function followedEventRow(event: EventDocument): readonly Cell[] {
  return rowOf(event, wholeSecond(event.at));
}

const wholeSecond = (at: string): string => at.replace(/\.\d+/, '');

function rowOf(event: EventDocument, when: string): readonly Cell[] {
  const object =
    event.resource === null ? (event.node === null ? '-' : `node/${event.node}`) : `vm/${event.resource.name}`;
  return [when, { text: event.code, tone: 'strong' }, object, event.by, event.message];
}

export interface EventShape {
  readonly wide: boolean;
}

export function renderEvents(events: readonly EventDocument[], { wide }: EventShape, view: View): string {
  const rows = events.map((event) => {
    const row = rowOf(event, renderAge(event.at, view.now));
    return wide ? [wholeSecond(event.at), ...row.slice(0, 3), event.node ?? '-', ...row.slice(3)] : row;
  });
  return renderTable(wide ? wideEventColumns : eventColumns, rows, view);
}

export function renderHistory(history: HistoryDocument, shape: EventShape, view: View): string {
  const failures = history.failures.map(({ code, message, at }) => [
    ...(shape.wide ? [wholeSecond(at)] : []),
    renderMoment(at, view.now),
    { text: code, tone: 'bad' as const },
    message,
  ]);
  const columns: readonly Column[] = [
    ...(shape.wide ? [{ title: 'TIME' }] : []),
    ...[{ title: 'FAILED' }, { title: 'CODE' }, { title: 'MESSAGE', shrinks: true as const }],
  ];
  const parts = [
    failures.length === 0 ? '' : renderTable(columns, failures, view),
    history.events.length === 0 ? '' : renderEvents(history.events, shape, view),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'Nothing has happened yet.\n' : parts.join('\n');
}
