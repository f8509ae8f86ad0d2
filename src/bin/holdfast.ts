/**
 * The one program of Holdfast. Stripped and compiled code is cached before anything else is imported: half of a cold start.
 * The launcher names the directory, so that even this file is cached; without it, it is the user's own: a cache that others
 * can write to would let them run code as this user.
 */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

enableCompileCache(join(homedir(), '.cache', 'holdfast'));
const { main } = await import('./main.ts');
await main();
