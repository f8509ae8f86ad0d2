/**
 * An error as a person reads it: what failed, each offence with what was there and what would be right, and what to do
 * next. With `-o json` it is the envelope of the API, so that a script parses one shape wherever the error arose.
 */
import { valueWords } from '../core/convergence/value-words.ts';
import { errorRow, isErrorCode } from '../core/kit/error-table.ts';
import { Fault } from '../core/kit/fault.ts';
import type { Json, JsonObject } from '../core/kit/json.ts';
import { hangText, plainText, wrapText } from './text-width.ts';
import type { View } from './view.ts';

/** Lines of text are broken here where the terminal does not say. */
const usualColumns = 100;

export interface ReadError {
  readonly code: string;
  readonly message: string;
  readonly details: JsonObject;
}

/** Anything thrown as code, message and details; what is no fault of ours is a defect. */
export function readError(error: unknown): ReadError {
  if (error instanceof Fault) {
    return { code: error.code, message: error.message, details: error.details as JsonObject };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, details: {} };
}

export function renderErrorJson({ code, message, details }: ReadError): string {
  const { status: _status, ...rest } = details;
  return `${JSON.stringify({ error: { code, message, details: rest } }, null, 2)}\n`;
}

export function renderError(error: ReadError, view: View): string {
  const { paint } = view;
  const width = view.columns ?? usualColumns;
  const told = (text: string, indent: string): string => hangText(text, view.columns, indent);
  const head = `${paint('bad', 'Error:')} ${plainLines(error.message)} ${paint('faint', `(${error.code})`)}`;
  const lines = [told(head, '  ')];
  for (const offence of listOf(error.details['offences'])) lines.push(told(renderOffence(offence, view), '      '));
  for (const change of listOf(error.details['changes'])) lines.push(told(`  ${renderChange(change)}`, '    '));
  for (const [name, value] of otherFacts(error.details))
    lines.push(told(`  ${paint('faint', `${name}:`)} ${value}`, '    '));
  const next = nextAction(error);
  if (next !== null) {
    const [first = '', ...rest] = wrapText(plainText(asFlags(next)), Math.max(30, width - 6));
    lines.push(`${paint('strong', 'Next:')} ${first}`, ...rest.map((line) => `      ${line}`));
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** What to do next, said of the very VM that it is about. */
function nextAction(error: ReadError): string | null {
  const name = textOf(error.details['name']) ?? /\bVM "([^"]+)"/.exec(error.message)?.[1];
  const text = generalNextAction(error);
  return name === undefined ? text : (text?.replace(/\bNAME\b/g, name) ?? null);
}

/** A defect can only be reported with what finds it in the server's log; one of this program has none. */
function generalNextAction({ code, details }: ReadError): string | null {
  const requestId = textOf(details['request_id']);
  if (!isErrorCode(code)) return textOf(details['next_action']);
  if (code === 'internal') return requestId === null ? null : `Report it with request_id ${requestId}`;
  return textOf(details['next_action']) ?? errorRow(code).nextAction;
}

/** The API speaks of query parameters; here they are flags. */
function asFlags(text: string): string {
  return text.replace(/\bon_restart=(\w+)/g, '--on-restart $1').replace(/\ballow_replace=true\b/g, '--allow-replace');
}

function renderOffence(offence: JsonObject, { paint }: View): string {
  const where = plainText(textOf(offence['path']) ?? '$');
  const file = textOf(offence['source']);
  const got = offence['got'];
  const expected = offence['expected'];
  const sides = [
    got === undefined || got === null ? null : `got ${valueText(got)}`,
    expected === undefined || expected === null || isAnswered(offence) ? null : `expected ${expectedText(expected)}`,
  ].filter((side) => side !== null);
  return [
    `  ${paint('strong', where)}  ${plainText(textOf(offence['message']) ?? '')}${file === null ? '' : ` (${file})`}`,
    ...(sides.length === 0 ? [] : [`      ${paint('faint', sides.join('; '))}`]),
  ].join('\n');
}

/** Names that fit on a line or two. */
const namesShown = 12;

/** Where the name that was meant is known, dozens of others only hide it. */
function isAnswered({ message, expected }: JsonObject): boolean {
  return Array.isArray(expected) && expected.length > namesShown && textOf(message)?.includes('did you mean') === true;
}

/** `memory_mib 512 → 1024 (restart)`. */
function renderChange(change: JsonObject): string {
  const destroys = change['destroys'];
  const lost = Array.isArray(destroys) && destroys.length > 0 ? `, destroys ${destroys.map(String).join(', ')}` : '';
  const sides = `${changedText(change['from'] ?? null)} → ${changedText(change['to'] ?? null)}`;
  return `${textOf(change['field']) ?? ''}  ${sides}  (${textOf(change['cost']) ?? 'unknown'}${lost})`;
}

/** Details that are short facts of their own (`phase`, `oldest_revision`), not shown otherwise. */
function otherFacts(details: JsonObject): readonly (readonly [string, string])[] {
  // Kind and name are in the message already.
  const shown = ['offences', 'changes', 'next_action', 'status', 'request_id', 'kind', 'name'];
  return Object.entries(details)
    .filter(([name, value]) => !shown.includes(name) && value !== null)
    .map(([name, value]) => [name, expectedText(value ?? null)] as const);
}

const textOf = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

function listOf(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter((item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item));
}

/** A value of a document on one line. */
function valueText(value: Json): string {
  return plainText(JSON.stringify(value) ?? '');
}

/** A side of a change: text keeps its quotes, or an empty one would not be seen; devices are told in words. */
export function changedText(value: Json): string {
  return typeof value === 'string' ? valueText(value) : plainText(valueWords(value));
}

function expectedText(value: Json): string {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map(expectedText).join(', ');
  if (typeof value !== 'object' || value === null) return valueText(value);
  const facts = Object.entries(value).map(([name, fact]) => `${name} ${expectedText(fact ?? null)}`);
  return plainText(facts.join(', '));
}

const plainLines = (text: string): string => text.split('\n').map(plainText).join('\n  ');
