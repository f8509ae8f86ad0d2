'use strict';
// Fits the code capnp-es generates to the runtime of src/rpc; capnp-generate.cjs is the command.

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
    for (const own of ['close', 'dup']) {
      // A method of a parent takes precedence over ours of the same name, as one of its own does.
      if (taken.has(own)) result = withoutHelper(result, name, own);
    }
    result = result
      .replace(
        new RegExp(`(^export class ${name}\\$Client \\{\\n[\\s\\S]*?)^\\}\\n`, 'm'),
        (_, body) => `${body}${methods.join('')}}\n`,
      )
      .replace(
        `export interface ${name}$Server$Target extends Partial<Disposable> {`,
        `export interface ${name}$Server$Target extends ${targets} {`,
      )
      .replace(
        new RegExp(`(^export class ${name}\\$Server [\\s\\S]*?super\\(target, \\[\\n[\\s\\S]*?)\\n {4}\\]\\);`, 'm'),
        (_, body) => `${[body, ...entries].join(',\n')}\n    ]);`,
      );
  }
  return result;
}

function withoutHelper(text, name, helper) {
  const shape = `(^export class ${name}\\$Client \\{\\n(?:(?!^\\}).*\\n)*?) {2}/\\*\\*.*\\*/\\n {2}${helper}\\(\\): .* \\{\\n.*\\n {2}\\}\\n`;
  return text.replace(new RegExp(shape, 'm'), '$1');
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
    // A field of this name would hide what every object has; capnp-es itself does so for `constructor`.
    .replace(/^( {2}[gs]et )toString\(/gm, '$1$toString(')
    // Exact types.
    .replace(/\$\.Pipeline<any, any, /g, '$.Pipeline<')
    .replace(/^( {2})(toString\(\): string)/gm, '$1override $2')
    .replace(/(\n {2}set \w+)\(value: \$\.Pointer\)/g, '$1(value: $.AnyValue)')
    .replace(/(\n {2}set \w+)\(value: \$\.Data\)/g, '$1(value: $.Data | Uint8Array)')
    .replace(/^ {2}readonly target: .*\n/gm, '')
    .replace(/^ {4}this\.target = target;\n/gm, '')
    // A newer schema may have members this one does not know.
    .replace(/^(export type (\w+) = \(typeof \2\)\[keyof typeof \2\]);$/gm, '$1 | $.UnknownMember;');
  text = fitCapabilityFields(nameFields(text), interfaces);
  return fitImports(fitAnyResults(fitInterfaces(text)));
}

/** A number that does not fit is refused with the name of its field, before a union is switched over to that field. */
function nameFields(text) {
  return text.replace(/^ {2}set (\$?\w+)\(value: .*\) \{\n[\s\S]*?^ {2}\}\n/gm, (setter, name) =>
    setter.replace(
      /^( {4}.*\n)?( {4}\$\.utils\.set(?:Ui|I)nt(\d+)\(\d+), value, this(?:, (.*))?\);\n {2}\}\n/m,
      (_, whichUnion = '', setNumber, bits, mask = bits === '64' ? '0n' : '0') =>
        `${setNumber}, value, this, ${mask}, "${name}");\n${whichUnion}  }\n`,
    ),
  );
}

/** Results of type AnyPointer or Capability can be called before they are here, too: the caller says as what. */
function fitAnyResults(text) {
  return text.replace(/^export class (\S+)\$Promise \{\n[\s\S]*?(?=^\}\n)/gm, (body, name) => {
    const results = text.split(`\nexport class ${name} extends $.Struct {\n`)[1]?.split('\n}\n')[0] ?? '';
    const fields = results.matchAll(/^ {2}get (\w+)\(\): \$\.Pointer \{\n.*getPointer\((\d+), this\);\n/gm);
    const getters = [...fields].map(
      ([, field, index]) =>
        `  /** What will be in \`${field}\`, as a capability of this interface. */\n` +
        `  get${field[0].toUpperCase()}${field.slice(1)}<C extends $.ClientHolder>(of: $.InterfaceClass<C>): C {\n` +
        `    return this.pipeline.clientAt(${index}, of);\n  }\n`,
    );
    return body + getters.join('');
  });
}

/** Of another schema only what is used is imported. */
function fitImports(text) {
  return text.replace(/^import \{ (.*) \} from (".*");\n/gm, (whole, names, from) => {
    const rest = text.replace(whole, '');
    const used = names
      .split(', ')
      .filter((name) => new RegExp(`(?<![\\w$.])${name.replace('$', '\\$')}(?![\\w$])`).test(rest));
    return used.length === 0 ? '' : `import { ${used.join(', ')} } from ${from};\n`;
  });
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
      body
        .replace(/ \{$/m, ' extends Partial<Disposable> {')
        .replace(
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

module.exports = { fit, inherit };
