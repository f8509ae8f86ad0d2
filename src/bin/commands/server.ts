import { join } from 'node:path';
import type { CommandDefinition } from '../../cli/command.ts';
import { textOnly } from '../../cli/output-formats.ts';
import { defaultDataDir } from '../data-dirs.ts';
import { capacityLimitsOf, capacityOptions } from './capacity-options.ts';
import { isSupervised, logLevelOf, logOption } from './role-options.ts';

export const server: CommandDefinition = {
  arguments: [],
  options: [
    { flags: '--data-dir <dir>', text: 'store and admin token (HOLDFAST_DATA_DIR)', completes: 'directory' },
    { flags: '--listen <address>', text: 'HOST:PORT of the API (127.0.0.1:7070)' },
    { flags: '--node-socket <path>', text: 'unix socket for agents; else DIR/node.sock' },
    ...capacityOptions,
    logOption,
  ],
  details: 'Holds its data directory exclusively. It logs JSON lines to standard error.',
  examples: [
    { line: 'holdfast server --data-dir /var/lib/holdfast --listen 127.0.0.1:7070', text: 'in a service unit' },
  ],
  formats: textOnly,
  laterFlagsWin: true,
  async run(cli, _words, options) {
    const { env } = cli.io;
    const dataDir = options.text('data-dir') ?? defaultDataDir(env);
    const { runServerRole } = await import('../server-role.ts');
    return await runServerRole({
      dataDir,
      listen: options.text('listen') ?? '127.0.0.1:7070',
      nodeSocket: options.text('node-socket') ?? join(dataDir, 'node.sock'),
      capacity: capacityLimitsOf(options, env),
      logLevel: logLevelOf(options, env),
      supervised: isSupervised(env),
    });
  },
};
