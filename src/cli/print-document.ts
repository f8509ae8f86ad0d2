import type { Json } from '../core/kit/json.ts';
import type { Cli } from './cli.ts';

/** A value as YAML text; the library is only loaded for it. */
async function yamlText(value: Json): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(value, { compat: 'yaml-1.1', aliasDuplicateObjects: false, lineWidth: 0 });
}

/**
 * Prints a document as -o asks: `json` and `yaml` whole, `name` as `kind/name` lines, else what `table` draws.
 */
export async function printDocument(
  cli: Cli,
  document: unknown,
  shown: { readonly names?: () => readonly string[]; readonly table: () => string },
): Promise<void> {
  switch (cli.format) {
    case 'json':
      cli.printJson(document as Json);
      break;
    case 'yaml':
      cli.print(await yamlText(document as Json));
      break;
    case 'name':
      for (const name of shown.names?.() ?? []) cli.print(`${name}\n`);
      break;
    default:
      cli.print(shown.table());
  }
}
