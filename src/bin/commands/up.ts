import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSystemClock } from '../../adapters/host/system-clock.ts';
import type { Cli } from '../../cli/cli.ts';
import type { CommandDefinition } from '../../cli/command.ts';
import { textOnly } from '../../cli/output-formats.ts';
import { Fault } from '../../core/kit/fault.ts';
import { refuseDirOfAgent } from '../agent-dir.ts';
import { parseListen } from '../control-address.ts';
import { defaultDataDir } from '../data-dirs.ts';
import { askOnTerminal } from '../up/ask-on-terminal.ts';
import { childNodeOptions } from '../up/child-memory.ts';
import type { UpDeps } from '../up/run-up.ts';
import { capacityArguments, capacityLimitsOf, capacityOptions } from './capacity-options.ts';
import { allowsPrivateImages, imageDirsOf, imageOptions } from './image-options.ts';
import { paceArguments, paceOf, paceOptions } from './pace-options.ts';
import { logLevelOf, nodeNameIn, strangerOptions, strangerPolicyOf } from './role-options.ts';

export const up: CommandDefinition = {
  arguments: [],
  options: [
    { flags: '--data-dir <dir>', text: 'everything it keeps (HOLDFAST_DATA_DIR)', completes: 'directory' },
    { flags: '--listen <address>', text: 'HOST:PORT of the API; port 0 is any free one (127.0.0.1:7070)' },
    { flags: '--node <name>', text: 'name of this node (node-1)' },
    { flags: '--no-demo', text: 'do not create the demo VM' },
    { flags: '--once', text: 'converge the demo, print the table, stop what it started, end' },
    { flags: '--destroy', text: 'delete every VM and all that up made in the data directory, then end' },
    { flags: '-y, --yes', text: 'with --destroy: do not ask' },
    ...imageOptions,
    ...paceOptions,
    ...strangerOptions,
    ...capacityOptions,
  ],
  details:
    'Runs until Ctrl-C. VMs outlive it: the next up on the same data directory adopts them. The admin token is in ' +
    'DIR/admin.token; commands on this machine find it by themselves. A demo VM that is there already is started as it is ' +
    'declared now.',
  examples: [
    { line: 'holdfast up', text: 'everything on this machine, with a demo VM' },
    { line: 'holdfast up --data-dir /var/lib/holdfast --no-demo --image-dir /srv/images', text: 'for real use' },
    { line: 'holdfast up --destroy --yes', text: 'remove everything again' },
    { line: 'holdfast up --join-cluster 0195a3c0-5e1f-7b3c-8d2e-4f6a7b8c9d10', text: 'after the store was lost' },
  ],
  formats: textOnly,
  laterFlagsWin: true,
  async run(cli, _words, options) {
    const { env } = cli.io;
    const dataDir = resolve(options.text('data-dir') ?? defaultDataDir(env));
    refuseDirOfAgent(dataDir);
    // Told here rather than in the log of a server that cannot start.
    capacityLimitsOf(options, env);
    logLevelOf(options, env);
    paceOf(options);
    if (options.flag('once') && (options.has('no-demo') || options.flag('destroy'))) {
      throw new Fault('usage', '--once converges the demo; it goes with neither --no-demo nor --destroy');
    }
    const demoImages = options.has('no-demo') || options.flag('destroy') ? null : demoImagesDir();
    if (demoImages === null && options.flag('once')) {
      throw new Fault('usage', 'The guest images of the demo are not built; run images/build, or ./run, which does it');
    }
    const upOptions = {
      dataDir,
      // With --destroy only `up` itself calls this control plane, so any free port will do: the usual one may be taken.
      listen: options.text('listen') ?? (options.flag('destroy') ? '127.0.0.1:0' : '127.0.0.1:7070'),
      node: nodeNameIn(options, 'node-1'),
      demoImages,
      once: options.flag('once'),
      imageDirs: [...imageDirsOf(options, env, dataDir), ...(demoImages === null ? [] : [demoImages])],
      allowPrivateImages: allowsPrivateImages(options, env),
      ...strangerPolicyOf(options),
      serverArguments: capacityArguments(options),
      agentArguments: paceArguments(options),
    };
    parseListen(upOptions.listen);
    if (options.flag('destroy')) {
      const { destroyUp } = await import('../up/destroy-up.ts');
      return await destroyUp(upDeps(cli), { ...upOptions, yes: options.flag('yes') });
    }
    const { runUp } = await import('../up/run-up.ts');
    return await runUp(upDeps(cli), upOptions);
  },
};

/** The built guest of a checkout; null where there is none. */
function demoImagesDir(): string | null {
  // A package brings no guest.
  if (!import.meta.url.endsWith('.ts')) return null;
  const dir = fileURLToPath(new URL('../../../images/out', import.meta.url));
  return existsSync(join(dir, 'vmlinuz')) ? dir : null;
}

function upDeps(cli: Cli): UpDeps {
  const { io } = cli;
  return {
    clock: createSystemClock(),
    print: (line) => cli.print(`${line}\n`),
    warn: (line) => io.stderr.write(`${line}\n`),
    isTerminal: io.stdout.isTerminal && io.stdin.isTerminal,
    self: [process.execPath, ...childNodeOptions, resolve(process.argv[1] ?? '')],
    env: io.env,
    interrupted: io.signal,
    confirm: async (question) =>
      io.stdin.isTerminal &&
      (await askOnTerminal({ input: process.stdin, output: process.stderr, signals: process }, question)),
  };
}
