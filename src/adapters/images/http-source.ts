/**
 * Images over HTTP. The address of every connection, redirects included, is judged at the moment it is used: our own
 * `lookup` hands the socket only addresses that passed, so a name that answers differently the second time gains
 * nothing. Credentials of the URL go to its own origin only.
 */
import { lookup as systemLookup } from 'node:dns';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Fault } from '../../core/kit/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import { imageUnavailable, systemCode } from './image-faults.ts';
import type { ImageSource } from './image-source.ts';
import { type ImageUrl, renderUrl } from './image-url.ts';
import { StallGuard, type StallLimits } from './stall-guard.ts';

const { request: httpRequest } = process.getBuiltinModule('node:http');

/** Mirrors redirect once or twice; more is a loop. */
export const MAX_REDIRECTS = 5;
const MAX_HEADER_BYTES = 32 * 1024;
const redirectCodes: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface HttpSourceOptions {
  readonly limits: StallLimits;
  /** Judges each IP address before a connection is made to it. */
  readonly isAllowedAddress: (address: string) => boolean;
  /** A redirect from https to http is followed only when a digest vouches for the bytes. */
  readonly digestKnown: boolean;
  /** How names are resolved; the system's way unless a test says otherwise. */
  readonly lookup?: LookupFunction;
}

/** Opens an `http:` or `https:` URL. Fault: `image_unavailable` for everything that goes wrong on the way. */
export async function openHttpSource(
  deps: { readonly clock: Clock },
  image: ImageUrl,
  options: HttpSourceOptions,
  signal: AbortSignal,
): Promise<ImageSource> {
  const guard = new StallGuard(deps.clock, options.limits, image.shown, signal);
  try {
    return await follow(image, options, guard);
  } catch (error) {
    guard.stop();
    throw error;
  }
}

async function follow(image: ImageUrl, options: HttpSourceOptions, guard: StallGuard): Promise<ImageSource> {
  let url = image.url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await guard.waitFor(get(url, image.shown, options, guard.signal));
    const status = response.statusCode ?? 0;
    if (status === 200) return readingSource(response, image.shown, guard);
    response.destroy();
    const location = redirectCodes.has(status) ? response.headers.location : undefined;
    if (location === undefined) {
      throw unavailable(image.shown, `the server answered ${status}`, { reason: 'status', status });
    }
    url = redirected(url, location, image.shown, options.digestKnown);
  }
  throw unavailable(image.shown, `more than ${MAX_REDIRECTS} redirects`, { reason: 'redirects' });
}

/** Where a redirect leads, without credentials unless it stays with the same origin. */
function redirected(from: URL, location: string, shown: string, digestKnown: boolean): URL {
  const to = URL.parse(location, from.href);
  if (to === null || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw unavailable(shown, 'it redirects to something other than http: or https:', { reason: 'redirect_scheme' });
  }
  if (from.protocol === 'https:' && to.protocol === 'http:' && !digestKnown) {
    throw unavailable(shown, 'it redirects from https: to http:, which is followed only with a sha256', {
      reason: 'redirect_downgrade',
    });
  }
  const sameOrigin = to.origin === from.origin;
  to.username = sameOrigin ? from.username : '';
  to.password = sameOrigin ? from.password : '';
  return to;
}

function get(url: URL, shown: string, options: HttpSourceOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A literal address is never looked up, so it is judged here.
  if (isIP(host) !== 0 && !options.isAllowedAddress(host)) return Promise.reject(privateAddress(url, shown));
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request: ClientRequest = send(url, {
    // No pooled connection: each is made, and judged, for this request.
    agent: false,
    lookup: judgingLookup(url, shown, options),
    signal,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: { 'user-agent': 'holdfast', accept: '*/*', 'accept-encoding': 'identity' },
  });
  request.on('response', resolve);
  request.on('error', (error) => reject(error instanceof Fault ? error : networkFault(error, shown)));
  request.end();
  return promise;
}

function judgingLookup(url: URL, shown: string, options: HttpSourceOptions): LookupFunction {
  const lookup = options.lookup ?? (systemLookup as LookupFunction);
  return (hostname, lookupOptions, callback) => {
    lookup(hostname, { ...lookupOptions, all: true }, (error, found) => {
      if (error !== null) return callback(error, '', 0);
      const all = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found;
      const allowed = all.filter((each) => options.isAllowedAddress(each.address));
      const first = allowed[0];
      if (first === undefined) return callback(privateAddress(url, shown), '', 0);
      if (lookupOptions.all === true) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

function readingSource(response: IncomingMessage, shown: string, guard: StallGuard): ImageSource {
  const header = response.headers['content-length'];
  const totalBytes = header === undefined ? null : Number(header);
  const chunks = response[Symbol.asyncIterator]();
  let bytes = 0;
  return {
    totalBytes,
    read: async () => {
      // A connection that ends before the announced length, or before the last chunk, is an error of the stream.
      const next = await guard.waitFor(chunks.next()).catch((error: unknown) => {
        if (guard.signal.aborted) throw error;
        const system = systemCode(error);
        const text = `the download broke off after ${bytes} of ${totalBytes ?? 'unknown'} bytes (${system})`;
        throw unavailable(shown, text, { reason: 'short_read', bytes, system });
      });
      if (next.done === true) return undefined;
      bytes += next.value.length;
      return next.value;
    },
    close: async () => {
      guard.stop();
      response.destroy();
    },
  };
}

const unavailable = (shown: string, text: string, details: Readonly<Record<string, unknown>>): Fault =>
  imageUnavailable(`Cannot fetch image "${shown}": ${text}`, { url: shown, ...details });

const networkFault = (error: unknown, shown: string): Fault => {
  const system = systemCode(error);
  return unavailable(shown, `the connection failed (${system})`, { reason: 'network', system });
};

/** Names the host only: what a name resolves to inside the node's network is no business of the user. */
function privateAddress(url: URL, shown: string): Fault {
  const origin = new URL(renderUrl(url)).host;
  return unavailable(shown, `"${origin}" is a private, loopback or link-local address (see --allow-private-images)`, {
    reason: 'private_address',
    host: origin,
  });
}
