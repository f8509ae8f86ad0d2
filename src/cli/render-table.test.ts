import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPaint } from './paint.ts';
import { renderNodes } from './render-cluster.ts';
import { renderEvents } from './render-events.ts';
import { renderTasks } from './render-task.ts';
import { renderVmList, vmListColumns, vmListRow } from './render-vm-list.ts';
import { createTableStream } from './table-stream.ts';
import { aNode, anEvent, aTask, failedTask } from './testing/documents.ts';
import { aVm, failed, lookedAt, pending, silent } from './testing/vm-documents.ts';
import { textWidth } from './text-width.ts';

test('no table goes beyond the terminal: what has no room in a row stands whole below it, uids above all', () => {
  const vms = [aVm(), failed, pending, silent];
  for (const columns of [80, 100, 120, 200]) {
    const view = { paint: createPaint(false), now: lookedAt, columns };
    const tables = [
      renderVmList(vms, { wide: true }, view),
      renderTasks([aTask(), failedTask], { wide: true }, view),
      renderTasks([aTask(), failedTask], { wide: false }, view),
      renderEvents([anEvent], { wide: true }, view),
      renderNodes([aNode], { wide: true }, view),
    ];
    for (const line of tables.join('').split('\n')) assert.ok(textWidth(line) <= columns, `${columns}: ${line}`);
    for (const { uid } of vms) assert.ok(tables[0]?.includes(uid), `${columns}: ${uid}`);
    assert.ok(tables[1]?.includes(aTask().id), `${columns}`);
  }
});

test('rows that come one after the other stay within a narrow terminal too, with one header', () => {
  for (const columns of [80, 120]) {
    const view = { paint: createPaint(false), now: lookedAt, columns };
    const vms = [aVm(), failed];
    const stream = createTableStream(vmListColumns({ wide: true }));
    const rows = vms.map((vm) => vmListRow(vm, { wide: true }, lookedAt));
    const streamed = stream.start(rows.slice(0, 1), view) + stream.row(rows[1] ?? [], view);
    assert.match(streamed, /^NAME .*\n( {4}.*\n)+web-1 .*\n( {4}.*\n)+db-1 .*\n( {4}.*\n)+$/);
    for (const line of streamed.split('\n')) assert.ok(textWidth(line) <= columns, line);
    for (const { uid } of vms) assert.ok(streamed.includes(uid));
  }
});
