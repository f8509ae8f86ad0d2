/**
 * Hashes of specifications: SHA-256 over canonical JSON (RFC 8785), so that every implementation, today's and a later
 * one in another language, gets the same. Text is `sha256:` and 64 lower-case hex digits.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { VmSpec } from '../core/instance/spec.ts';
import { specIdentity } from '../core/instance/spec-identity.ts';
import { invariant } from '../core/kit/exhaustive.ts';

/** Hash of any JSON value; equal values give equal hashes, whatever the order of their fields. */
export function hashJson(value: unknown): string {
  const text = canonicalize(value);
  invariant(text !== undefined, 'a hashed value is JSON');
  return hashText(text);
}

/** Hash of a text in UTF-8: how secrets of cloud-init are shown to those who may not read it (spec §5). */
export const hashText = (text: string): string => `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;

/** `spec_hash`: of the resolved fields that reach the process or its disks (spec §2). */
export const hashSpec = (spec: VmSpec): string => hashJson(specIdentity(spec));
