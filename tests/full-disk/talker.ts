/** Logs more than a full disk and what waits for it can hold, removes the file it was told, and logs on. */
import { rmSync } from 'node:fs';
import { createPinoLog } from '../../src/adapters/log/pino-log.ts';

const log = createPinoLog('info');
for (let n = 0; n < 2_000; n += 1) log.info(`line ${n}`);
rmSync(process.argv[2] ?? '');
// The first that finds no place among those that wait lets them go.
log.info('this one is lost');
log.info('there is room');
process.stdout.write('still there\n');
