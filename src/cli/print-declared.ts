import type { Cli } from './cli.ts';
import { vmPath } from './select-vms.ts';

/** Prints VMs as the manifests that make them: the fields a user set, `---` between documents (spec §5). */
export async function printDeclared(cli: Cli, names: readonly string[]): Promise<number> {
  const texts: string[] = [];
  for (const name of names) {
    const { text } = await cli.client().request('GET', vmPath(name), {
      headers: { accept: 'application/yaml' },
      signal: cli.io.signal,
    });
    texts.push(text.endsWith('\n') ? text : `${text}\n`);
  }
  cli.print(texts.join('---\n'));
  return 0;
}
