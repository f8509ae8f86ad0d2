/**
 * Opens connection after connection, forgets what it holds of them, and prints the memory in use after so many:
 * `forgetful-main.ts COUNT…`. Nobody asks for a collection: what the collector does by itself is what counts.
 */

import { collectingSink } from './collecting-sink.ts';
import { connectedPair } from './connected-pair.ts';

/** One short life: nothing but the connection is closed. */
async function converseAndForget(): Promise<void> {
  const { server, client, root } = connectedPair();
  const echo = root.echoSink((p) => {
    p.sink = collectingSink([]);
  });
  const hung = root.hang().promise();
  hung.catch(() => undefined);
  await echo.getSink().put().promise();
  await root.open().promise();
  client.close();
  await server.closed;
  // What finalizes forgotten capabilities runs between turns of the event loop, of which a socket would make many.
  await new Promise(setImmediate);
}

let done = 0;
for (const count of process.argv.slice(2).map(Number)) {
  let mostBytes = 0;
  for (; done < count; done++) {
    await converseAndForget();
    if (done % 50 === 0) mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  }
  console.log(mostBytes);
}
