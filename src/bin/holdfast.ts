/** The one program of Holdfast. Stripped and compiled code is cached before anything else is imported: half of a cold start. */
import { enableCompileCache } from 'node:module';

enableCompileCache();
const { main } = await import('./main.ts');
await main();
