/** Writes docs/guides/manifest.md from the schema of manifests. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderManifestDocs } from '../src/wire/manifest/render-manifest-docs.ts';

writeFileSync(fileURLToPath(new URL('../docs/guides/manifest.md', import.meta.url)), renderManifestDocs());
