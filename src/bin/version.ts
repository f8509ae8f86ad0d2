import { readFileSync } from 'node:fs';

/** The version of package.json, which lies two folders up in a checkout and one up in a package. */
export const version: string = readVersion();

function readVersion(): string {
  const places = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json';
  return (JSON.parse(readFileSync(new URL(places, import.meta.url), 'utf8')) as { version: string }).version;
}
