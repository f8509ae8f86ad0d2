/** Writes docs/guides/cli.md from the definitions of the commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { roleTable } from '../src/bin/role-table.ts';
import { globalOptions } from '../src/cli/build-program.ts';
import { commandTable } from '../src/cli/command-table.ts';
import { renderGuide } from '../src/cli/render-guide.ts';

const file = new URL('../docs/guides/cli.md', import.meta.url);
writeFileSync(file, await renderGuide([...roleTable, ...commandTable], globalOptions));
console.log(`wrote ${readFileSync(file, 'utf8').length} characters to docs/guides/cli.md`);
