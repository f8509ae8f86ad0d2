import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../core/kit/fault.ts';
import { applyAssignment, parseMib } from './field-values.ts';
import { createPaint } from './paint.ts';
import { parseDuration } from './parse-duration.ts';
import { renderAge, renderMoment, renderSpan } from './render-age.ts';
import { renderEvents, renderHistory } from './render-events.ts';
import { renderTable } from './render-table.ts';
import { renderVmGet } from './render-vm-get.ts';
import { createTableStream } from './table-stream.ts';
import { anEvent } from './testing/documents.ts';
import { aVm } from './testing/vm-documents.ts';
import { clipText, hangText, plainText, textWidth, wrapText } from './text-width.ts';

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('a', 'é', '日', '👍', '\u0301', ' ', '\u001b[31m', '\n'), fc.string()),
});

test('a clipped text never takes more columns than it may, and a short one stays whole', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 40 }), (raw, width) => {
      const plain = plainText(raw);
      const clipped = clipText(plain, width);
      assert.ok(textWidth(clipped) <= width);
      if (textWidth(plain) <= width) assert.equal(clipped, plain);
    }),
  );
});

test('what comes from elsewhere cannot steer a terminal', () => {
  fc.assert(
    fc.property(text, (raw) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question.
      assert.doesNotMatch(plainText(raw), /[\u0000-\u001f\u007f-\u009f]/);
    }),
  );
});

test('no row of a table is wider than the terminal once its columns can shrink that far', () => {
  const columns = [{ title: 'NAME' }, { title: 'NOTE', shrinks: true }, { title: 'WHY', shrinks: true }] as const;
  const row = fc.tuple(fc.string({ maxLength: 10 }), text, text);
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 24, max: 120 }), (rows, width) => {
      const view = { paint: createPaint(false), columns: width, now: 0 };
      for (const line of renderTable(columns, rows, view).split('\n')) assert.ok(textWidth(line) <= width, line);
    }),
  );
});

test('what does not fit at the end of a row stands below it, in a table and in one whose rows come one after the other', () => {
  const columns = [{ title: 'NAME' }, { title: 'NOTE', shrinks: true }] as const;
  const view = { paint: createPaint(false), columns: 20, now: 0 };
  const rows = [
    ['web-1', 'short'],
    ['a-long-name', 'not so short'],
    ['b-long-name', 'longer than all of a line'],
  ] as const;
  const below =
    'NAME         NOTE\nweb-1        short\na-long-name\n    not so short\nb-long-name\n    longer than all…\n';
  assert.equal(renderTable(columns, rows, view), below);
  const stream = createTableStream(columns);
  const streamed = stream.start(rows.slice(0, 2), view) + stream.row(rows[2], view);
  assert.equal(streamed, below);
  const title = [{ title: 'A-NAME-OF-18-CELLS' }, { title: 'NOTE', shrinks: true }] as const;
  assert.equal(
    renderTable(title, [['a', '']], view),
    'A-NAME-OF-18-CELLS\na\n',
    'a title that does not fit is left out',
  );
});

test('a text of which all is wanted is not cut below its row, but goes on in the next line', () => {
  const view = { paint: createPaint(false), columns: 20, now: 0 };
  const rows = [['b-long-name', 'longer than all of a line']] as const;
  assert.equal(
    renderTable([{ title: 'NAME' }, { title: 'MESSAGE', shrinks: true, wraps: true }], rows, view),
    'NAME         MESSAGE\nb-long-name\n    longer than all\n    of a line\n',
  );
});

test('history, events and the conditions of a VM say all of a message on a narrow terminal', () => {
  const at = '2026-03-02T09:14:05.000Z';
  const view = { paint: createPaint(false), columns: 80, now: Date.parse(at) };
  const message =
    'Cannot read image "file:///x.qcow2": it is not below an allowed image directory (set with --image-dir)';
  const conditions = [
    { type: 'realised', status: 'false', code: 'image_unavailable', message, generation: 4, since: at },
  ];
  const failures = [{ at, code: 'image_unavailable', message, generation: 4 }];
  for (const page of [
    renderEvents([{ ...anEvent, message }], { wide: false }, view),
    renderHistory({ name: 'web-1', uid: 'u', failures, events: [] }, { wide: false }, view),
    renderVmGet(aVm({ status: { conditions } }), view),
  ]) {
    assert.ok(page.replace(/\s+/g, ' ').includes(message), page);
    assert.ok(page.split('\n').every((line) => textWidth(line) <= 80));
  }
});

test('wrapping loses no word and keeps to the width where words allow it', () => {
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapText('unbreakable x', 4), ['unbreakable', 'x']);
  assert.deepEqual(wrapText('日本 語', 4), ['日本', '語']);
});

test('lines that a terminal is too narrow for are broken at spaces and go on behind their indent; a pipe gets them whole', () => {
  const text = '  field  one two three\n  x';
  assert.equal(hangText(text, 14, '    '), '  field  one\n    two three\n  x');
  assert.equal(hangText(text, null, '    '), text);
  assert.equal(
    hangText('ok       node  a long word', 20, ' '.repeat(15)),
    `ok       node  a\n${' '.repeat(15)}long\n${' '.repeat(15)}word`,
  );
  assert.equal(hangText('    unbreakable', 8, '  '), '    unbreakable');
});

test('spans are short: two units, the larger first', () => {
  const spans = [0, 8_000, 119_000, 252_000, 3 * 3_600_000 + 300_000, 52 * 3_600_000, 61 * 86_400_000];
  assert.deepEqual(spans.map(renderSpan), ['0s', '8s', '119s', '4m12s', '3h5m', '2d4h', '61d']);
  assert.equal(renderAge(null, 0), '-');
  assert.equal(renderMoment('1970-01-01T00:00:40.000Z', 0), 'in 40s');
});

test('times on the command line are seconds unless said, and at most a day', () => {
  assert.deepEqual(
    ['30', '500ms', '1h30m', '1.5m'].map((word) => parseDuration(word, '--wait')),
    [30_000, 500, 5_400_000, 90_000],
  );
  for (const wrong of ['', 'soon', '3x', '-1', '25h', '1m2']) {
    assert.throws(
      () => parseDuration(wrong, '--wait'),
      (error) => error instanceof Fault && error.code === 'usage',
    );
  }
});

test('sizes are MiB unless said', () => {
  assert.deepEqual(
    ['512', '512M', '512MiB', '2g', '2GiB', '1T', '0.5GiB'].map((text) => parseMib('--memory', text)),
    [512, 512, 512, 2048, 2048, 1_048_576, 512],
  );
});

test('FIELD=VALUE gives fields their types and never reaches a prototype', () => {
  assert.deepEqual(applyAssignment({}, 'cpu_cores=2'), { cpu_cores: 2 });
  assert.deepEqual(applyAssignment({ labels: { a: 'b' } }, 'labels.x.y/z=1'), { labels: { a: 'b', 'x.y/z': '1' } });
  assert.deepEqual(applyAssignment({}, 'image_url=http://a/b?c=d'), { image_url: 'http://a/b?c=d' });
  assert.deepEqual(applyAssignment({}, 'health_checks:=[{"name":"a"}]'), { health_checks: [{ name: 'a' }] });
  const unclear = [
    'memory_mib:=1e400',
    'nics:=[{"name":"a","name":"b"}]',
    'cpu_cores_max:=NaN',
    'disks:=[{"size_gib":-1e999}]',
  ];
  for (const wrong of ['__proto__.x=1', 'constructor=1', '=1', 'nics:=[', 'a..b=1', ...unclear]) {
    assert.throws(
      () => applyAssignment({}, wrong),
      (error) => error instanceof Fault && error.code === 'usage',
      wrong,
    );
  }
});
