import { Fault } from '../core/kit/fault.ts';
import type { Cli } from './cli.ts';
import { vmPath } from './select-vms.ts';

/** Manifests asked for at once. */
const inFlightMax = 8;

/** Prints VMs as the manifests that make them: the fields a user set, `---` between documents (spec §5). */
export async function printDeclared(cli: Cli, names: readonly string[]): Promise<number> {
  for (let at = 0; at < names.length; at += inFlightMax) {
    const texts = await Promise.all(names.slice(at, at + inFlightMax).map((name) => readManifest(cli, name)));
    for (const [index, text] of texts.entries()) cli.print(at + index === 0 ? text : `---\n${text}`);
  }
  return 0;
}

async function readManifest(cli: Cli, name: string): Promise<string> {
  const request = { headers: { accept: 'application/yaml' }, signal: cli.io.signal };
  const { text, mediaType } = await cli.client().request('GET', vmPath(name), request);
  if (!mediaType.includes('yaml')) {
    throw new Fault('bad_answer', `Cannot print VM "${name}" as YAML: the server is older and only answers JSON`);
  }
  return text.endsWith('\n') ? text : `${text}\n`;
}
