import assert from 'node:assert/strict';
import type { Fault } from '../../../core/kit/fault.ts';
import { faultOf } from '../../../ports/testing/image-fixtures.ts';
import { createSystemClock } from '../../host/system-clock.ts';
import { type HttpSourceOptions, openHttpSource } from '../http-source.ts';
import { parseImageUrl } from '../image-url.ts';
import { isPublicAddress } from '../public-address.ts';

/** The real gate, but for one loopback address that plays the public internet. */
const gate = (address: string): boolean => address === '127.0.0.1' || isPublicAddress(address);

const patient = { idleMs: 60_000, totalMs: 60_000 };

/** All bytes behind a URL. */
export async function download(
  url: string,
  more: Partial<HttpSourceOptions> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Buffer> {
  const options = { limits: patient, isAllowedAddress: gate, digestKnown: false, ...more };
  const source = await openHttpSource({ clock: createSystemClock() }, parseImageUrl(url), options, signal);
  try {
    const chunks: Uint8Array[] = [];
    for (let chunk = await source.read(); chunk !== undefined; chunk = await source.read()) chunks.push(chunk);
    return Buffer.concat(chunks);
  } finally {
    await source.close();
  }
}

/** The fault of a download that is refused for this reason. */
export async function refusal(reason: string, promise: Promise<unknown>): Promise<Fault> {
  const fault = await faultOf('image_unavailable', promise);
  assert.equal(fault.details['reason'], reason, fault.message);
  assert.equal(fault.retry, 'later');
  return fault;
}
