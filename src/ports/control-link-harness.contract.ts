/** What the cases of the control link's contract share: a link with a control plane behind it, for one test. */
import assert from 'node:assert/strict';
import { asUid } from '../core/kit/brand.ts';
import { Fault } from '../core/kit/fault.ts';
import type { ControlLink, ControlService } from './control-link.ts';
import { createPlane, type Plane } from './testing/control-link-samples.ts';

/** One link with a control plane behind it. */
export interface LinkUnderTest {
  readonly link: ControlLink;
  /** Cuts every open connection as a failing network does. */
  cut(): void;
  /** Takes the control plane away: dialling fails until the test ends. */
  unplug(): Promise<void>;
  /** Bytes sent towards the node so far; undefined where nothing is serialised. */
  bytesToNode(): number | undefined;
  stop(): Promise<void>;
}

export type OpenLink = (service: ControlService) => Promise<LinkUnderTest>;

export const never = new AbortController().signal;
export const uid = asUid('0195a3c1-7a44-7c1e-9b1f-000000000001');

/** Opens a link for one test and stops it whatever happens. */
export async function withLink(
  open: OpenLink,
  run: (under: LinkUnderTest, plane: Plane) => Promise<void>,
  plane = createPlane(),
): Promise<void> {
  const under = await open(plane.service);
  try {
    await run(under, plane);
  } finally {
    await under.stop();
  }
}

export const hasCode = (code: string) => (error: unknown) =>
  error instanceof Fault && error.code === code ? true : assert.fail(`expected ${code}, got ${String(error)}`);
