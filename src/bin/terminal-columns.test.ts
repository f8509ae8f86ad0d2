import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalColumns } from './terminal-columns.ts';

test('a terminal that does not know its width has 80 columns, a pipe no limit', () => {
  assert.equal(terminalColumns({ isTTY: true, columns: 132 }), 132);
  assert.equal(terminalColumns({ isTTY: true, columns: 0 }), 80);
  assert.equal(terminalColumns({ isTTY: true }), 80);
  assert.equal(terminalColumns({}), null);
});
