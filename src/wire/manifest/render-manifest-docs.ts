/** docs/guides/manifest.md: every field of a manifest, from the schema that validates and the table of costs. */
import { z } from 'zod';
import { type CostRule, costTable } from '../../core/desired/cost-table.ts';
import { exhaustive } from '../../core/kit/exhaustive.ts';
import { type FieldText, fieldTexts } from './field-types.ts';
import { documentLimits as limits } from './limits.ts';
import { vmManifestSchema } from './vm-schema.ts';

interface Field {
  readonly path: string;
  readonly type: string;
  readonly fallback: string;
  readonly text: string;
  /** Null within an object: that of the object. */
  readonly cost: string | null;
}

const costTexts: Readonly<Record<CostRule, string>> = {
  none: 'none',
  restart: 'restart',
  replace: 'replace',
  cpu: 'in place: more, within the headroom; else restart',
  memory: 'in place: more or less, within the headroom; else restart',
  root_size: 'in place: larger; refused: smaller',
  disks:
    'in place: a new disk where a port is free, a larger size; none: `ephemeral`; refused: smaller, another pool; else restart',
  nics: 'in place: a new NIC where a port is free, `forwards`; else restart',
  cloud_init: 'restart',
};

/** What no plan counts: identity, notes, and the phase that verbs set as well. */
const otherCosts: Readonly<Record<string, string>> = {
  api_version: 'refused',
  kind: 'refused',
  name: 'refused',
  uid: 'refused',
  labels: 'none',
  annotations: 'none',
  description: 'none',
  desired_phase: 'starts or stops the VM',
};

const intro = `# Manifest reference

What a \`VirtualMachine\` document may hold; \`./holdfast apply -f FILE\` reads it. Generated from the schema that validates.

An absent field has its default. \`null\` is the same where a field may be without a value (\`disk_gib\`, \`cloud_init\`,
\`placement.node\`), elsewhere it is refused. An unknown field, a wrong type or a value out of range is
refused with the path of each offence; then nothing of the whole batch is applied. At most ${limits.documents} documents
are applied at once. \`status\`, \`generation\`, \`revision\` and times in a manifest are ignored.

Cost is what a change of the field takes on a running VM: **none**, nothing the guest could notice · **in place** ·
**restart**, disks and addresses are kept; needs \`--on-restart restart\`, or \`defer\` to wait for the next start ·
**replace**, the root disk is made anew; needs \`--allow-replace\` as well · **refused**. \`./holdfast diff -f FILE\` tells
it beforehand.
`;

export function renderManifestDocs(): string {
  const fields = fieldsOf(vmManifestSchema, '');
  const top = fields.filter(({ path }) => !/[.[]/.test(path));
  const sections = top.flatMap(({ path }) => {
    const inner = fields.filter((field) => field.path.startsWith(`${path}.`) || field.path.startsWith(`${path}[]`));
    return inner.length === 0 ? [] : [`\n## \`${path}\`\n\n${table(inner, false)}`];
  });
  return `${intro}\n## Fields\n\n${table(top, true)}${sections.join('')}`;
}

function table(fields: readonly Field[], withCost: boolean): string {
  const head = ['field', 'type and range', 'default', ...(withCost ? ['cost of a change'] : []), 'meaning'];
  const rows = fields.map(({ path, type, fallback, cost, text }) => [
    `\`${path}\``,
    ...[type, fallback],
    ...(withCost ? [cost ?? ''] : []),
    text,
  ]);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')).replaceAll(' --- ', '---') + rows.map(line).join('');
}

/** The fields of an object in order, each followed by those within it. */
function fieldsOf(object: z.ZodObject, prefix: string): readonly Field[] {
  return Object.entries(object.shape as Readonly<Record<string, z.ZodType>>).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const inner = innermost(schema);
    const item = inner instanceof z.ZodArray ? innermost(inner.element as z.ZodType) : null;
    const field: Field = {
      path,
      type: typeText(inner),
      fallback: fallbackText(schema, inner),
      text: schema.meta()?.description ?? inner.meta()?.description ?? '',
      cost: prefix === '' ? costOf(name) : null,
    };
    if (inner instanceof z.ZodObject) return [field, ...fieldsOf(inner, `${path}.`)];
    return item instanceof z.ZodObject ? [field, ...fieldsOf(item, `${path}[].`)] : [field];
  });
}

function innermost(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? innermost(schema.unwrap() as z.ZodType)
    : schema;
}

function costOf(field: string): string {
  const rule = Object.values(costTable).find((known) => known.field === field)?.rule;
  return rule === undefined ? (otherCosts[field] ?? '') : costTexts[rule];
}

function fallbackText(schema: z.ZodType, inner: z.ZodType): string {
  const fallback = inner.meta()?.['default'];
  if (fallback !== undefined) return `\`${JSON.stringify(fallback).replace(/^"(.*)"$/, '$1')}\``;
  return schema.safeParse(undefined).success ? 'none' : 'required';
}

function typeText(schema: z.ZodType): string {
  const known = fieldTexts.get(schema);
  if (known !== undefined) return knownTypeText(known as FieldText);
  if (schema instanceof z.ZodLiteral) return `\`${String(schema.value)}\``;
  if (schema instanceof z.ZodArray)
    return `list of at most ${z.toJSONSchema(schema, { io: 'input' }).maxItems} objects`;
  return schema instanceof z.ZodObject ? 'object' : 'text';
}

function knownTypeText(known: FieldText): string {
  switch (known.kind) {
    case 'integer':
      return `integer ${known.min}..${known.max}`;
    case 'choice':
      return known.values.map((value) => `\`${value}\``).join(' | ');
    case 'flag':
      return '`true` | `false`';
    case 'text':
      return `text, at most ${known.maxLength}${known.pattern === null ? '' : `: \`${known.expected}\``}`;
    case 'list':
      return `list of at most ${known.max} ${known.of}`;
    case 'map':
      return `map of at most ${known.max} entries, keys \`${known.keyExpected}\``;
    default:
      return exhaustive(known);
  }
}
