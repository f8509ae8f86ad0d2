import type { CommandDefinition } from '../../cli/command.ts';
import { printDocument } from '../../cli/print-document.ts';
import { defaultDataDir } from '../data-dirs.ts';
import { exitCodeOf, renderFindings } from '../doctor/finding.ts';

export const doctor: CommandDefinition = {
  arguments: [],
  options: [
    { flags: '--data-dir <dir>', text: 'where instances would live (HOLDFAST_DATA_DIR)', completes: 'directory' },
  ],
  details:
    'Looks at programs, KVM, cgroups, privileges and room; for what is missing it prints the command that mends it. ' +
    'Exit code 1 where VMs cannot run on this host.',
  examples: [{ line: 'holdfast doctor', text: 'before the first up' }],
  formats: ['table', 'json', 'yaml'],
  async run(cli, _words, options) {
    const { examineHost } = await import('../doctor/examine-host.ts');
    const findings = await examineHost(options.text('data-dir') ?? defaultDataDir(cli.io.env));
    await printDocument(cli, { findings }, { table: () => renderFindings(findings, cli.view.columns) });
    return exitCodeOf(findings);
  },
};
