import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Log, LogFields } from '../../ports/log.ts';

/** `silent` prints nothing: for commands whose output is for people. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Of lines that wait for room. */
const waitingBytesMax = 64 * 1024;

/** JSON lines on standard error: time, level, msg, and the snake_case fields of the call. */
export function createPinoLog(level: LogLevel, fields: LogFields = {}): Log {
  const options = {
    level,
    base: null,
    messageKey: 'msg',
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  return wrap(pino(options, standardError()).child(fields));
}

/** Lines that a full disk does not take wait until it does, up to a limit; it never ends the process. */
function standardError(): DestinationStream {
  const lines = destination({ dest: 2, sync: true, minLength: 1, maxLength: waitingBytesMax });
  lines.on('error', () => undefined);
  // Each line that is lost is a reason to try again with those that wait.
  lines.on('drop', () => lines.flush());
  return lines;
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
