import { pathToFileURL } from 'node:url';

/**
 * How a store's database is opened to be written: locked against other processes, with what its connections share kept in the
 * memory of this one. So there is no file beside it for which a full disk has no room, a stranger's sqlite3 shell cannot make a
 * commit wait, and a second connection here can fold the log while the first one writes on.
 */
export function connectionUrl(file: string): URL {
  const url = pathToFileURL(file);
  url.searchParams.set('vfs', 'unix-excl');
  return url;
}
