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

/** Rows that stay on the screen while time goes on say when it was; an age would be wrong a second later. */
export const followedEventColumns: readonly Column[] = [{ title: 'TIME' }, ...eventColumns.slice(1)];

export function followedEventRow(event: EventDocument): readonly Cell[] {
  return rowOf(event, event.at.replace(/\.\d+/, ''));
}

function rowOf(event: EventDocument, when: string): readonly Cell[] {
  const object =
    event.resource === null ? (event.node === null ? '-' : `node/${event.node}`) : `vm/${event.resource.name}`;
  return [when, { text: event.code, tone: 'strong' }, object, event.by, event.message];
}

export function renderEvents(events: readonly EventDocument[], view: View): string {
  return renderTable(
    eventColumns,
    events.map((event) => rowOf(event, renderAge(event.at, view.now))),
    view,
  );
}

export function renderHistory(history: HistoryDocument, view: View): string {
  const failures = history.failures.map(({ code, message, at }) => [
    renderMoment(at, view.now),
    { text: code, tone: 'bad' as const },
    message,
  ]);
  const columns: readonly Column[] = [{ title: 'FAILED' }, { title: 'CODE' }, { title: 'MESSAGE', shrinks: true }];
  const parts = [
    failures.length === 0 ? '' : renderTable(columns, failures, view),
    history.events.length === 0 ? '' : renderEvents(history.events, view),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'Nothing has happened yet.\n' : parts.join('\n');
}
