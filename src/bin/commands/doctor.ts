import type { CommandDefinition } from '../../cli/command.ts';
import { defaultDataDir } from '../data-dirs.ts';

export const doctor: CommandDefinition = {
  arguments: [],
  options: [{ flags: '--data-dir <dir>', text: 'where instances would live', completes: 'directory' }],
  details:
    'Looks at programs, KVM, cgroups, privileges and room; for what is missing it prints the command that mends it.',
  examples: [{ line: 'holdfast doctor', text: 'before the first up' }],
  async run(cli, _words, options) {
    const { runDoctor } = await import('../doctor/run-doctor.ts');
    return await runDoctor((text) => cli.print(text.endsWith('\n') ? text : `${text}\n`), {
      dataDir: options.text('data-dir') ?? defaultDataDir(cli.io.env),
      output: cli.format === 'json' ? 'json' : 'table',
    });
  },
};
