/**
 * `npm run bench -- [NAME …] [--record]`: the benchmarks one after the other, each a table with ratios against a peer or
 * limit measured in the same run. `--record` puts their sections into bench/RESULTS.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describeConditions, loadNow } from './kit/conditions.ts';
import { renderSection, type Section } from './kit/section.ts';

const benches: Readonly<Record<string, () => Promise<Section>>> = {
  create: async () => (await import('./create.ts')).benchCreate(),
  patch: async () => (await import('./patch.ts')).benchPatch(),
  kill: async () => (await import('./kill.ts')).benchKill(),
  api: async () => (await import('./api.ts')).benchApi(),
  fleet: async () => (await import('./fleet.ts')).benchFleet(),
  cli: async () => (await import('./cli.ts')).benchCli(),
};

const results = new URL('./RESULTS.md', import.meta.url);
const head = `# Benchmarks

Recorded by \`npm run bench -- --record\`; each section says when, and how busy the machine was. Targets are those of a quiet
machine. Ratios are against a peer or limit measured in the same run, so they tell more than the absolute numbers.
`;

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('--'));
for (const name of names.length === 0 ? Object.keys(benches) : names) {
  const bench = benches[name];
  if (bench === undefined)
    throw new Error(`There is no benchmark "${name}"; there are ${Object.keys(benches).join(', ')}`);
  const load = loadNow();
  const section = await bench();
  const text = renderSection(section, describeConditions(load));
  console.log(text);
  if (words.includes('--record')) record(section.title, text);
}

/** Sections keep the order of their titles. */
function record(title: string, text: string): void {
  const old = existsSync(results)
    ? readFileSync(results, 'utf8')
        .split(/^(?=## )/m)
        .slice(1)
    : [];
  const others = old.filter((section) => !section.startsWith(`## ${title}\n`));
  const sections = [...others, text].map((section) => `${section.trimEnd()}\n`).toSorted();
  writeFileSync(results, [head, ...sections].join('\n'));
}
