/**
 * Acknowledged is durable, against a loss of power: no acknowledgement precedes the sync of its write. SIGKILL cannot
 * show this, because the page cache survives it; the system calls do.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judgeSyncs, type SyncVerdict } from './sync-trace.ts';

const transactions = 60;
const child = fileURLToPath(new URL('./load-child.ts', import.meta.url));

function whyNoStrace(): string | false {
  const probe = spawnSync('strace', ['-f', '-e', 'trace=fsync', 'true'], { stdio: 'ignore' });
  if (probe.error !== undefined) return 'strace is not installed';
  return probe.status === 0 ? false : 'strace may not trace here';
}

/** Runs one client, one transaction after the other, under strace. */
function traceChild(writer: string, synchronous: 'FULL' | 'OFF'): SyncVerdict {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-sync-'));
  const trace = join(dir, 'trace');
  const strace = ['-f', '-y', '-o', trace, '-e', 'trace=fsync,fdatasync,write,pwrite64'];
  const node = [process.execPath, child, join(dir, 'store.db'), writer, synchronous, '1', String(transactions)];
  execFileSync('strace', [...strace, ...node], { input: 'go\n', stdio: ['pipe', 'ignore', 'inherit'] });
  const verdict = judgeSyncs(readFileSync(trace, 'utf8'));
  rmSync(dir, { recursive: true });
  return verdict;
}

describe('sync before acknowledgement, seen by strace', { skip: whyNoStrace() }, () => {
  for (const writer of ['worker', 'same_thread']) {
    it(`acknowledges nothing before the sync of its write (${writer})`, () => {
      const verdict = traceChild(writer, 'FULL');
      assert.equal(verdict.acknowledgements, transactions);
      assert.ok(verdict.syncs >= transactions, `${verdict.syncs} syncs`);
      assert.ok(verdict.logWrites >= transactions, `${verdict.logWrites} writes to the log`);
      assert.deepEqual(verdict.early, []);
    });
  }

  it('notices a store that runs with synchronous=OFF', () => {
    const verdict = traceChild('worker', 'OFF');
    assert.equal(verdict.acknowledgements, transactions);
    assert.ok(verdict.logWrites >= transactions, `${verdict.logWrites} writes to the log`);
    assert.equal(verdict.early.length, transactions);
  });
});

describe('judgeSyncs()', () => {
  const write = '11 pwrite64(17</d/store.db-wal>, "x", 24, 0) = 24';
  const sync = '11 fdatasync(17</d/store.db-wal>)    = 0';
  const acknowledged = '10 write(1<pipe:[1]>, "ack 0 1 1 .\\n", 12) = 12';
  const judge = (...lines: string[]): readonly number[] => judgeSyncs(lines.join('\n')).early;

  it('accepts write, sync, acknowledgement', () => {
    assert.deepEqual(judge(write, write, sync, acknowledged, write, sync, acknowledged), []);
  });

  it('finds an acknowledgement before the sync, after a failed sync, and without any write', () => {
    assert.deepEqual(judge(write, acknowledged, sync), [2]);
    assert.deepEqual(judge(write, sync.replace('= 0', '= -1 EIO (Input/output error)'), acknowledged), [3]);
    assert.deepEqual(judge(write, sync, acknowledged, acknowledged), [4]);
  });

  it('finds a write that began after the sync that ended before the acknowledgement', () => {
    const begun = '11 fdatasync(17</d/store.db-wal> <unfinished ...>';
    const done = '11 <... fdatasync resumed>)       = 0';
    assert.deepEqual(judge(write, begun, acknowledged, done), [3]);
    assert.deepEqual(judge(write, begun, write, done, acknowledged), [5]);
    assert.deepEqual(judge(write, begun, done, acknowledged), []);
    const other = '11 fsync(18</d/store.db> <unfinished ...>';
    assert.deepEqual(judge(write, other, done.replace('fdatasync', 'fsync'), acknowledged), [4]);
  });
});
