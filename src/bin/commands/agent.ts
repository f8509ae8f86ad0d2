import { hostname } from 'node:os';
import { join } from 'node:path';
import type { CommandDefinition } from '../../cli/command.ts';
import { textOnly } from '../../cli/output-formats.ts';
import { refuseDirOfUp } from '../agent-dir.ts';
import { defaultDataDir } from '../data-dirs.ts';
import { allowsPrivateImages, imageDirsOf, imageOptions } from './image-options.ts';
import { paceOf, paceOptions } from './pace-options.ts';
import {
  isSupervised,
  logLevelOf,
  logOption,
  nodeNameIn,
  nodeNameOf,
  strangerOptions,
  strangerPolicyOf,
} from './role-options.ts';

export const agent: CommandDefinition = {
  arguments: [],
  options: [
    {
      flags: '--data-dir <dir>',
      text: 'journal, instances and images of this node; else agent in HOLDFAST_DATA_DIR',
      completes: 'directory',
    },
    { flags: '--control <address>', text: 'control plane: unix:PATH or tcp:HOST:PORT (HOLDFAST_CONTROL)' },
    { flags: '--node <name>', text: 'name of this node; else its host name' },
    ...imageOptions,
    ...paceOptions,
    ...strangerOptions,
    logOption,
  ],
  details: 'Instances live on when the agent ends, and the next one adopts them. It logs JSON lines to standard error.',
  examples: [
    {
      line: 'holdfast agent --data-dir /var/lib/holdfast/agent --control unix:/run/holdfast/node.sock',
      text: 'beside its control plane',
    },
    {
      line: 'holdfast agent --control tcp:10.0.0.1:7071 --node rack1-7',
      text: 'on another host, where a tunnel leads from that port to the node socket',
    },
  ],
  formats: textOnly,
  laterFlagsWin: true,
  async run(cli, _words, options) {
    const { env } = cli.io;
    const dataDir = options.text('data-dir') ?? join(defaultDataDir(env), 'agent');
    refuseDirOfUp(dataDir);
    const { runAgentRole } = await import('../agent-role.ts');
    return await runAgentRole({
      dataDir,
      control: options.text('control') ?? env['HOLDFAST_CONTROL'] ?? `unix:${join(defaultDataDir(env), 'node.sock')}`,
      node: nodeNameIn(options, nodeNameOf(hostname())),
      imageDirs: imageDirsOf(options, env, dataDir),
      allowPrivateImages: allowsPrivateImages(options, env),
      ...paceOf(options),
      ...strangerPolicyOf(options),
      logLevel: logLevelOf(options, env),
      supervised: isSupervised(env),
    });
  },
};
