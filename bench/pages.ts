/** Pages of a large fleet (d). */
import { type Api, callForBytes } from './kit/api-calls.ts';
import { median, ms } from './kit/numbers.ts';
import type { Answering } from './kit/processes.ts';
import { plainRow, type Row } from './kit/section.ts';

const pageSize = 500;
const rounds = 10;

/** All pages of a fleet, walked some times: how long a walk takes, and how long the loop was blocked at most. */
export async function measurePages({
  api,
  control,
  size,
}: {
  readonly api: Api;
  readonly control: Answering;
  readonly size: number;
}): Promise<readonly Row[]> {
  const walk = async (): Promise<{ readonly ms: number; readonly items: number; readonly bytes: number }> => {
    const started = performance.now();
    let cursor: string | null = '';
    let items = 0;
    let bytes = 0;
    while (cursor !== null) {
      const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const chunks = await callForBytes(api, 'GET', `/v1/vms?limit=${pageSize}${after}`);
      for (const { length } of chunks) bytes += length;
      // The frame is behind the items: a client that only walks need not parse 30 MB.
      const tail = Buffer.concat(chunks.slice(-2)).subarray(-500).toString();
      const frame = JSON.parse(`{${tail.slice(tail.lastIndexOf('"next_cursor"'))}`) as { next_cursor: string | null };
      cursor = frame.next_cursor;
      items += pageSize;
    }
    return { ms: performance.now() - started, items, bytes };
  };
  await control.ask('blocked');
  const first = await walk();
  const blockedFirst = await control.ask<{ maxMs: number; gcMs: number }>('blocked');
  const times: number[] = [];
  const blocked: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    await control.ask('blocked');
    times.push((await walk()).ms);
    blocked.push((await control.ask<{ maxMs: number }>('blocked')).maxMs);
  }
  if (first.items !== size) throw new Error(`pages held ${first.items} VMs of ${size}`);
  const mb = `${Math.round(first.bytes / 1e6)} MB`;
  return [
    {
      ...plainRow(
        `all ${size / pageSize} pages of 10,000 VMs (${mb})`,
        `p50 ${ms(median(times))}; the first time ${ms(first.ms)}`,
      ),
      target: '≤ 150 ms',
      met: median(times) <= 150,
    },
    {
      ...plainRow(
        'loop blocked by a page at most',
        `p50 ${ms(median(blocked))}; the first time ${ms(blockedFirst.maxMs)} (GC ${ms(blockedFirst.gcMs)})`,
      ),
      target: '≤ 10 ms',
      met: median(blocked) <= 10,
    },
  ];
}
