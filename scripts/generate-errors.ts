/** Writes docs/errors.md from the error table; `--check` only compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderErrorDocs } from '../src/core/kit/render-error-docs.ts';

const file = fileURLToPath(new URL('../docs/errors.md', import.meta.url));
const text = renderErrorDocs();
if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/errors.md is stale: run scripts/generate-errors.ts');
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
