'use strict';
// Regenerates the TypeScript of every .capnp schema, or checks that what is committed matches:
//   node scripts/capnp-generate.cjs                            writes
//   node scripts/capnp-generate.cjs --check                    exits 1 and names the files that differ
//   node scripts/capnp-generate.cjs --out DIR FILE.capnp...    writes the code of other schemas
// Needs the `capnp` program and runs on any Node. `capnp-es` does the generating; its output is then fitted to the
// runtime of src/rpc, which reads and writes in place, never changes what it reads, and knows calls and capabilities.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { fit, inherit } = require('./capnp-fit.cjs');

const ROOT = path.resolve(__dirname, '..');
const COMPILER = path.join(ROOT, 'node_modules/capnp-es/dist/compiler/capnpc-js.mjs');
const RUNTIME = path.join(ROOT, 'src/rpc/capnp/runtime.ts');

/** Where schemas lie and where their code goes. */
const SCHEMAS = [
  { from: 'schema', to: 'src/wire/generated' },
  { from: 'src/rpc/testing', to: 'src/rpc/testing/generated' },
  { from: 'bench/rpc', to: 'bench/rpc/generated' },
];

const USAGE = 'usage: capnp-generate.cjs [--check | --out DIR FILE.capnp...]';

function main() {
  const [option, ...rest] = process.argv.slice(2);
  if (option === undefined || (option === '--check' && rest.length === 0)) generateOwn(option === '--check');
  else if (option === '--out' && rest.length >= 2) generateOthers(path.resolve(rest[0]), rest.slice(1));
  else {
    console.error(USAGE);
    process.exit(2);
  }
}

/** Schemas of other projects; those of one directory may import each other. */
function generateOthers(outDir, files) {
  const byDir = Map.groupBy(files, (file) => path.dirname(path.resolve(file)));
  fs.mkdirSync(outDir, { recursive: true });
  for (const [dir, members] of byDir) {
    const names = members.map((file) => path.basename(file));
    for (const [name, text] of generate(dir, names, outDir)) fs.writeFileSync(path.join(outDir, name), text);
  }
  console.log(`${files.length} files generated`);
}

function generateOwn(check) {
  const differing = [];
  let count = 0;
  for (const { from, to } of SCHEMAS) {
    const dir = path.join(ROOT, from);
    const names = fs.existsSync(dir)
      ? fs
          .readdirSync(dir)
          .filter((name) => name.endsWith('.capnp'))
          .sort()
      : [];
    if (names.length === 0) continue;
    const generated = generate(dir, names, path.join(ROOT, to));
    for (const [name, text] of generated) {
      count += 1;
      const file = path.join(ROOT, to, name);
      if (check) {
        if (!fs.existsSync(file) || fs.readFileSync(file, 'utf8') !== text) differing.push(path.relative(ROOT, file));
      } else {
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, text);
      }
    }
  }
  if (differing.length > 0) {
    console.error(
      `These files do not match their schemas; run node scripts/capnp-generate.cjs:\n  ${differing.join('\n  ')}`,
    );
    process.exit(1);
  }
  console.log(check ? `${count} generated files match their schemas` : `${count} files generated`);
}

/** File name -> text of everything generated from the schemas of one directory. */
function generate(dir, names, outDir) {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'capnp-generate-'));
  try {
    execFileSync(process.execPath, [COMPILER, ...names, `-ots:${temporary}`], {
      cwd: dir,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const runtime = path.relative(outDir, RUNTIME).split(path.sep).join('/');
    return names.map((name) => {
      const file = name.replace(/\.capnp$/, '.ts');
      const text = fs.readFileSync(path.join(temporary, file), 'utf8');
      const schema = path.join(dir, name);
      const fitted = inherit(fit(text, { source: name, runtime }), readParents(schema));
      return [file, fitted + constantsOf(schema)];
    });
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** Interface -> the interfaces it extends. Only those of the same file, at its top level, can be followed. */
function readParents(file) {
  const schema = fs.readFileSync(file, 'utf8').replace(/#.*/g, '');
  const known = new Set([...schema.matchAll(/^interface\s+(\w+)/gm)].map((match) => match[1]));
  const parents = new Map();
  for (const [, name, list] of schema.matchAll(/\binterface\s+(\w+)[^{;]*\bextends\s*\(([^)]*)\)/g)) {
    const extended = list.split(',').map((part) => part.trim());
    if (![name, ...extended].every((one) => known.has(one))) {
      console.error(
        `Cannot generate ${path.relative(ROOT, file)}: ${name} extends an interface of another file or scope`,
      );
      process.exit(1);
    }
    parents.set(name, extended);
  }
  return parents;
}

/** Types of constants that are written as values of TypeScript. */
const VALUE_OF = new Map([
  ...['Int64', 'UInt64'].map((type) => [type, (value) => `${value}n`]),
  ...['Bool', 'Int8', 'Int16', 'Int32', 'UInt8', 'UInt16', 'UInt32', 'Float32', 'Float64'].map((type) => [
    type,
    String,
  ]),
  ['Text', (value) => JSON.stringify(value)],
]);

/** capnp-es leaves the constants of a file out; those in a struct are static members there. */
function constantsOf(file) {
  const schema = fs.readFileSync(file, 'utf8').replace(/#.*/g, '');
  const found = [...schema.matchAll(/^const\s+(\w+)\s*(?:@\w+\s*)?:\s*([\w.]+(?:\([^)]*\))?)/gm)];
  const constants = found.filter(([, , type]) => VALUE_OF.has(type));
  for (const [, name, type] of found) {
    if (!VALUE_OF.has(type)) console.error(`Left out of ${path.basename(file)}: constant ${name} of type ${type}`);
  }
  if (constants.length === 0) return '';
  const values = evaluate(file, constants);
  return constants.map(([, name, type]) => `export const ${name} = ${VALUE_OF.get(type)(values[name])};\n`).join('');
}

/** Lets the `capnp` program say what the constants are: it writes only structs as JSON, so they are put into one. */
function evaluate(file, constants) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'capnp-constants-'));
  const wrapper = path.join(dir, 'all.capnp');
  const fields = constants.map(([, name, type], i) => `${name} @${i} :${type};`);
  const settings = constants.map(([, name]) => `${name} = S.${name}`);
  fs.writeFileSync(
    wrapper,
    `@0xf1e2d3c4b5a69788;\nusing S = import "${file}";\nstruct All { ${fields.join(' ')} }\n` +
      `const all :All = (${settings.join(', ')});\n`,
  );
  try {
    return JSON.parse(execFileSync('capnp', ['eval', '-I/', '-ojson', wrapper, 'all'], { encoding: 'utf8' }));
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

main();
