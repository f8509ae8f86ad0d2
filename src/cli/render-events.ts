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

export function eventRow(event: EventDocument, now: number): readonly Cell[] {
  const object =
    event.resource === null ? (event.node === null ? '-' : `node/${event.node}`) : `vm/${event.resource.name}`;
  return [renderAge(event.at, now), { text: event.code, tone: 'strong' }, object, event.by, event.message];
}

export function renderEvents(events: readonly EventDocument[], view: View): string {
  return renderTable(
    eventColumns,
    events.map((event) => eventRow(event, view.now)),
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
