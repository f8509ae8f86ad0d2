'use strict';
// Regenerates the TypeScript of every .capnp schema, or checks that what is committed matches:
//   node scripts/capnp-generate.cjs            writes
//   node scripts/capnp-generate.cjs --check    exits 1 and names the files that differ
// Needs the `capnp` program and runs on any Node. `capnp-es` does the generating; its output is then fitted to the
// runtime of src/rpc, which reads and writes in place, never changes what it reads, and knows calls and capabilities.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');
const COMPILER = path.join(ROOT, 'node_modules/capnp-es/dist/compiler/capnpc-js.mjs');
const RUNTIME = path.join(ROOT, 'src/rpc/capnp/runtime.ts');

/** Where schemas lie and where their code goes. */
const SCHEMAS = [
  { from: 'schema', to: 'src/wire/generated' },
  { from: 'src/rpc/testing', to: 'src/rpc/testing/generated' },
  { from: 'bench/rpc', to: 'bench/rpc/generated' },
];

function main() {
  const check = process.argv.includes('--check');
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
      return [file, inherit(fit(text, { source: name, runtime }), readParents(path.join(dir, name)))];
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

/** All ancestors of an interface, each once, nearest first. */
function ancestorsOf(name, parents) {
  const found = [];
  for (const parent of parents.get(name) ?? []) {
    for (const one of [parent, ...ancestorsOf(parent, parents)]) if (!found.includes(one)) found.push(one);
  }
  return found;
}

/** capnp-es leaves the methods of parent interfaces out: clients, servers and targets get them here. */
function inherit(text, parents) {
  const methodsOf = (name) => {
    const body =
      new RegExp(`^export class ${name}\\$Client \\{\\n[\\s\\S]*?^ {2}\\];\\n([\\s\\S]*?)^\\}\\n`, 'm').exec(
        text,
      )?.[1] ?? '';
    return body.split(/(?<=^ {2}\}\n)/m).filter((method) => method.trim() !== '');
  };
  const serverEntriesOf = (name) =>
    new RegExp(`^export class ${name}\\$Server [\\s\\S]*?super\\(target, \\[\\n([\\s\\S]*?)\\n {4}\\]\\);`, 'm').exec(
      text,
    )?.[1] ?? '';
  const nameOf = (method) => /^ {2}(\w+)\(/m.exec(method)?.[1];
  let result = text;
  for (const name of parents.keys()) {
    const taken = new Set(methodsOf(name).map(nameOf));
    const methods = [];
    const ancestors = ancestorsOf(name, parents);
    for (const method of ancestors.flatMap(methodsOf)) {
      if (taken.has(nameOf(method))) continue;
      taken.add(nameOf(method));
      methods.push(method);
    }
    const entries = ancestors.map(serverEntriesOf).filter((entry) => entry !== '');
    const targets = (parents.get(name) ?? []).map((parent) => `${parent}$Server$Target`).join(', ');
    result = result
      .replace(
        new RegExp(`(^export class ${name}\\$Client \\{\\n[\\s\\S]*?)^\\}\\n`, 'm'),
        (_, body) => `${body}${methods.join('')}}\n`,
      )
      .replace(
        `export interface ${name}$Server$Target {`,
        `export interface ${name}$Server$Target extends ${targets} {`,
      )
      .replace(
        new RegExp(`(^export class ${name}\\$Server [\\s\\S]*?super\\(target, \\[\\n[\\s\\S]*?)\\n {4}\\]\\);`, 'm'),
        (_, body) => `${[body, ...entries].join(',\n')}\n    ]);`,
      );
  }
  return result;
}

/** Fits what capnp-es generates to our runtime. Each step says why it is there. */
function fit(generated, { source, runtime }) {
  const interfaces = new Set(
    [...generated.matchAll(/^export class (\w+) extends \$\.Interface \{/gm)].map((m) => m[1]),
  );
  let text = generated
    // Our runtime instead of theirs; local imports need their real file ending.
    .replace(/^\/\/ This file.*\n/, `// Generated from ${source} by scripts/capnp-generate.cjs; do not edit.\n`)
    .replace('from "capnp-es";', `from "${runtime}";`)
    .replace(/^import \{ StreamResult.*\n/gm, '')
    .replace(/from "(\.[^"]*?)(?:\.js)?";/g, (whole, to) => (to.endsWith('.ts') ? whole : `from "${to}.ts";`))
    // The comments of /capnp/stream.capnp come along with its one struct.
    .replace(/^\/\*\*\n(?:\*.*\n)*?\* Empty struct that serves[\s\S]*?\*\/\n/m, '')
    // Orphans and the global registry do not exist here.
    .replace(/^ {2}_(?:adopt|disown)\w+\([\s\S]*?^ {2}\}\n/gm, '')
    .replace(/^\$\.Registry\.register.*\n/gm, '')
    // Exact types.
    .replace(/\$\.Pipeline<any, any, /g, '$.Pipeline<')
    .replace(/^( {2})(toString\(\): string)/gm, '$1override $2')
    .replace(/(\n {2}set \w+)\(value: \$\.Pointer\)/g, '$1(value: $.AnyValue)')
    .replace(/(\n {2}set \w+)\(value: \$\.Data\)/g, '$1(value: $.Data | Uint8Array)')
    .replace(/^ {2}readonly target: .*\n/gm, '')
    .replace(/^ {4}this\.target = target;\n/gm, '');
  text = fitCapabilityFields(text, interfaces);
  return fitInterfaces(text);
}

/** A capability field reads by its own pointer, and can be asked whether it is set. */
function fitCapabilityFields(text, interfaces) {
  const fields = text
    .replace(
      /^( {2}get (\w+)\(\): (\w+)\$Client \{\n(?:.*\n)*?.*?)\$\.utils\.getInterfaceClientOrNullAt\((\d+), this\)(.*\n {2}\}\n)/gm,
      (_, head, name, _type, index, tail) =>
        `${head}$.utils.getCapability(${index}, this)${tail}` +
        `  _has${name[0].toUpperCase()}${name.slice(1)}(): boolean {\n` +
        `    return !$.utils.isNull($.utils.getPointer(${index}, this));\n  }\n`,
    )
    .replace(
      /\$\.utils\.setInterfacePointer\(this\.segment\.message\.addCap\(value\.client\), \$\.utils\.getPointer\((\d+), this\)\);/g,
      '$.utils.setCapability($1, value, this);',
    );
  // A list of capabilities holds clients.
  let element = '';
  return fields
    .split('\n')
    .map((line) => {
      const list = /\$\.List<(\w+)>/.exec(line);
      if (list !== null && interfaces.has(list[1])) {
        element = list[1];
        return line
          .replace(/\$\.List<\w+>/g, `$.List<${element}$Client>`)
          .replace('$.InterfaceList', `$.InterfaceList(${element}$Client)`);
      }
      return line.replace('$.InterfaceList,', `$.InterfaceList(${element}$Client),`);
    })
    .join('\n');
}

/** Clients can be closed and duplicated, calls take options, methods get a context, streams are streams. */
function fitInterfaces(text) {
  return text
    .replace(/^export class (\w+)\$Client \{\n[\s\S]*?^\}\n/gm, (body, name) => fitClient(body, name))
    .replace(/^export class StreamResult\$Promise \{\n[\s\S]*?^\}\n/gm, '')
    .replace(/^( {2}async promise\(\): .*\n.*\n {2}\}\n)/gm, (method) => `${method}${DISPOSE_ANSWER}`)
    .replace(/^export interface \w+\$Server\$Target \{\n[\s\S]*?^\}\n/gm, (body) =>
      body.replace(
        /\(params: (.*), results: (.*)\): Promise<void>;/g,
        '(params: $1, results: $2, context: $.CallContext): Promise<void> | void;',
      ),
    );
}

const DISPOSE_ANSWER = `  /** Gives the results up: cancels the call, or releases the capabilities in them. */
  [Symbol.dispose](): void {
    this.pipeline.answer.close();
  }
`;

function fitClient(body, name) {
  const methods = new Set([...body.matchAll(/^ {2}(\w+)\(paramsFunc/gm)].map((m) => m[1]));
  const own = [`  [Symbol.dispose](): void {\n    this.client.close();\n  }\n`];
  if (!methods.has('close'))
    own.push(`  /** Gives up this reference. */\n  close(): void {\n    this.client.close();\n  }\n`);
  if (!methods.has('dup'))
    own.push(
      `  /** A reference of one's own, to be closed. */\n  dup(): ${name}$Client {\n    return $.dup(this);\n  }\n`,
    );
  return body
    .replace(/( {4}this\.client = client;\n {2}\}\n)/, `$1${own.join('')}`)
    .replace(
      /^ {2}(\w+)\((paramsFunc\?: .*)\): StreamResult\$Promise \{\n[\s\S]*?method: (.*),\n[\s\S]*?^ {2}\}\n/gm,
      '  /** Resolves when the next one may be sent. */\n' +
        '  $1($2, options?: $.CallOptions): Promise<void> {\n' +
        '    return $.callStream(this.client, { method: $3, paramsFunc, options });\n  }\n',
    )
    .replace(/^( {2}\w+\(paramsFunc\?: \(params: .*?\) => void)(\): .* \{)$/gm, '$1, options?: $.CallOptions$2')
    .replace(/, options\?: \$\.CallOptions, options\?: \$\.CallOptions/g, ', options?: $.CallOptions')
    .replace(/paramsFunc: paramsFunc\n/g, 'paramsFunc,\n      options\n');
}

main();
