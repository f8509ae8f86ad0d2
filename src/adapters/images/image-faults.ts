import { Fault } from '../../core/kit/fault.ts';

type Details = Readonly<Record<string, unknown>>;

/** The source cannot be had now: retried later with backoff (spec §2 failure reasons). */
export const imageUnavailable = (message: string, details: Details = {}): Fault =>
  new Fault('image_unavailable', message, { retry: 'later', details });

/** The bytes are no image we accept; another try gives the same bytes, so only a change of the spec helps. */
export const imageInvalid = (message: string, details: Details = {}): Fault =>
  new Fault('image_invalid', message, { retry: 'never', details });

/** The stated format, or a feature of the image, is not one Holdfast runs. */
export const unsupportedFormat = (message: string, details: Details = {}): Fault =>
  new Fault('unsupported_format', message, { retry: 'never', details });

/** The source serves other bytes than the spec asks for. */
export const checksumMismatch = (url: string, expected: string, got: string): Fault =>
  new Fault('checksum_mismatch', `Cannot use image "${url}": its sha256 is ${got}, the spec wants ${expected}`, {
    retry: 'never',
    details: { url, expected, got },
  });

/** The digest the spec asks for cannot be one. */
export const malformedDigest = (url: string, sha256: string): Fault =>
  imageInvalid(
    `Cannot use image "${url}": its sha256 "${sha256.slice(0, 80)}" is not 64 lower-case hexadecimal digits`,
    {
      url,
      reason: 'sha256',
    },
  );

/** No room for the copy on this node. */
export const poolFull = (message: string, details: Details = {}): Fault =>
  new Fault('pool_full', message, { retry: 'later', details });

/** System error codes that say "no room here". */
const fullCodes: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * The system's code of a file or network error, or `unknown`. Its message is never used: it holds host paths (spec
 * S7).
 */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

/**
 * An error of the cache's own disk as a fault; faults and aborts pass through.
 * `action` is the sentence of what failed (`Cannot store image "URL"`), without host paths.
 */
export function storageFault(error: unknown, action: string, details: Details = {}): unknown {
  if (error instanceof Fault) return error;
  const system = systemCode(error);
  if (fullCodes.has(system)) return poolFull(`${action}: no space left in the image cache`, details);
  if (system === 'unknown' || system === 'ABORT_ERR') return error;
  return imageUnavailable(`${action}: the image cache's disk answered ${system}`, { ...details, system });
}
