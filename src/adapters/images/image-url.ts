import { imageUnavailable, unsupportedFormat } from './image-faults.ts';

/** Longest URL taken: what common servers accept. */
const MAX_URL_CHARS = 8_192;
const DIGEST = /^[0-9a-f]{64}$/;

export interface ImageUrl {
  readonly url: URL;
  /** The URL as messages show it: without user name and password. */
  readonly shown: string;
}

/** True for a sha256 as cache and specs spell it: 64 lower-case hexadecimal digits. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/** A URL without its credentials, for messages and logs. */
export function renderUrl(url: URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

/** The scheme allow-list (spec §12). Fault `unsupported_format`: no URL, or not `file:`, `http:`, `https:`. */
export function parseImageUrl(text: string): ImageUrl {
  const right = 'right is file:///DIR/FILE, http://HOST/FILE or https://HOST/FILE';
  const url = text.length <= MAX_URL_CHARS ? URL.parse(text) : null;
  if (url === null) {
    const start = text.slice(0, 200);
    throw unsupportedFormat(
      `Cannot use image URL "${start}": it is no absolute URL of at most ${MAX_URL_CHARS} characters; ${right}`,
      {
        url: start,
        reason: 'url',
      },
    );
  }
  if (url.protocol !== 'file:' && url.protocol !== 'http:' && url.protocol !== 'https:') {
    const shown = renderUrl(url).slice(0, 200);
    throw unsupportedFormat(`Cannot use image URL "${shown}": the scheme "${url.protocol}" is not allowed; ${right}`, {
      url: shown,
      reason: 'scheme',
    });
  }
  const shown = renderUrl(url);
  if (url.protocol === 'file:' && url.host !== '') {
    throw imageUnavailable(`Cannot read image "${shown}": a file URL has no host part; right is file:///DIR/FILE`, {
      url: shown,
      reason: 'file_host',
    });
  }
  return { url, shown };
}
