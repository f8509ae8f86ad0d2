import type { ListDocument, StatusDocument } from '../../client/documents.ts';
import type { VmDocument } from '../../client/vm-document.ts';
import type { CommandDefinition } from '../command.ts';
import { outputFormats } from '../output-formats.ts';
import { printDocument } from '../print-document.ts';
import { renderCluster } from '../render-cluster.ts';

/** With more VMs than fit a screen only those that are not in sync are listed. */
const listedMax = 50;

export const status: CommandDefinition = {
  arguments: [],
  options: [{ flags: '--exit-code', text: 'exit with 8 unless everything is converged' }],
  details:
    'Share of VMs that are in sync, the nodes, the VMs (those not in sync where there are many), and for each gap why.',
  formats: outputFormats,
  examples: [
    { line: 'holdfast status', text: 'the cluster at a glance' },
    { line: 'holdfast status --exit-code -q', text: 'a health check for a script' },
  ],
  async run(cli, _words, options) {
    const { signal } = cli.io;
    const [cluster, page] = await Promise.all([
      cli.client().request('GET', '/v1/status', { signal }),
      cli.client().request('GET', '/v1/vms', { query: { limit: listedMax }, signal }),
    ]);
    const answer = cluster.body as unknown as StatusDocument;
    const list = page.body as unknown as ListDocument<VmDocument>;
    const whole = list.next_cursor === null || list.next_cursor === undefined;
    await printDocument(cli, answer, {
      names: () => answer.not_in_sync.map(({ name }) => `vm/${name}`),
      table: () => (cli.quiet ? '' : renderCluster(answer, whole ? list.items : null, cli.format === 'wide', cli.view)),
    });
    return options.flag('exit-code') && answer.convergence.in_sync < answer.convergence.total ? notConvergedCode : 0;
  },
};

/** As `failed` of the exit codes: accepted, and not so. */
const notConvergedCode = 8;
