/**
 * The style guide as a program (architecture rule 10): import table, banned calls, lengths, dead files, forbidden words.
 */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { bannedCalls, deterministicRooms, roomOf, rooms } from './rooms.ts';
import { placeOf, root, type SourceFile, sourceFiles, trackedFiles } from './source-files.ts';

const files = sourceFiles();
const isTest = (path: string) => /\.(test|contract)\.ts$|\/testing\//.test(path);
const product = files.filter((file) => file.path.startsWith('src/'));

const fileLinesMax = 400;
const functionLinesMax = 70;
const lineCharsMax = 120;

function assertNone(offences: readonly string[], rule: string): void {
  assert.equal(offences.length, 0, `${rule}:\n  ${offences.join('\n  ')}`);
}

test('every import follows the table of rooms', () => {
  const offences: string[] = [];
  for (const file of product.filter(({ path }) => !isTest(path))) {
    const room = roomOf(file.path);
    const rule = rooms.find((candidate) => candidate.room === room);
    if (room === undefined || rule === undefined) {
      offences.push(`${file.path}: is in no room`);
      continue;
    }
    for (const { target, relative } of file.imports) {
      if (relative) {
        const allowed = [room, ...rule.mayImport].some(
          (prefix) =>
            target.startsWith(`${prefix}/`) || target.startsWith(`${prefix}.`) || target.startsWith(`${prefix}-`),
        );
        if (!allowed) offences.push(`${file.path}: ${room} may not import ${target}`);
      } else if (rule.bare !== '*' && !rule.bare.includes(target)) {
        offences.push(`${file.path}: ${room} may not import ${target}`);
      }
    }
  }
  assertNone(offences, 'Imports against the table');
});

/**
 * An import reads every member of a built-in module, and one of this one is a WebSocket client that is made when it is read:
 * 12 MiB of a small process, and a fifth of the CPU of a cold command.
 */
test('node:http is taken with process.getBuiltinModule, for which only the members in use are made', () => {
  const offences = product
    .filter(({ path }) => !isTest(path))
    .filter(({ imports }) => imports.some(({ target, typeOnly }) => target === 'node:http' && !typeOnly));
  assertNone(
    offences.map(({ path }) => path),
    'Imports of node:http',
  );
});

test('time, chance and the process come in as ports wherever the simulator runs the code', () => {
  const offences: string[] = [];
  for (const file of product.filter(({ path }) => !isTest(path))) {
    if (!deterministicRooms.some((room) => file.path.startsWith(`${room}/`))) continue;
    if (/^src\/sim\/(main|poison|shard|real-)/.test(file.path)) continue;
    const lines = withoutComments(file).split('\n');
    for (const [index, line] of lines.entries()) {
      for (const { pattern, instead } of bannedCalls) {
        if (pattern.test(line)) offences.push(`${file.path}:${index + 1}: ${line.trim()} (use ${instead})`);
      }
    }
  }
  assertNone(offences, 'Banned calls');
});

test('core is pure: no async function, no await', () => {
  const offences: string[] = [];
  for (const file of product.filter(({ path }) => path.startsWith('src/core/') && !isTest(path))) {
    walk(file.tree, (node) => {
      if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) offences.push(placeOf(file, node));
    });
  }
  assertNone(offences, 'Async code in core');
});

test(`no source file is longer than ${fileLinesMax} lines`, () => {
  const long = files.map((file) => ({ path: file.path, lines: file.text.split('\n').length }));
  assertNone(
    long.filter(({ lines }) => lines > fileLinesMax).map(({ path, lines }) => `${path}: ${lines} lines`),
    'Files too long',
  );
});

test(`no function is longer than ${functionLinesMax} lines, no line longer than ${lineCharsMax} characters`, () => {
  const offences: string[] = [];
  for (const file of files.filter(({ path }) => !isTest(path))) {
    walk(file.tree, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
      const start = file.tree.getLineAndCharacterOfPosition(node.getStart()).line;
      const end = file.tree.getLineAndCharacterOfPosition(node.getEnd()).line;
      if (end - start + 1 > functionLinesMax) offences.push(`${placeOf(file, node)}: ${end - start + 1} lines`);
    });
    for (const [index, line] of file.text.split('\n').entries()) {
      const excused = /https?:\/\/|^\s*\* |^\s*\/\/|^\s*\/\*\*|['"`]/.test(line);
      if (line.length > lineCharsMax && !excused) offences.push(`${file.path}:${index + 1}: ${line.length} characters`);
    }
  }
  assertNone(offences, 'Functions or lines too long');
});

test('every product file is reached from an entry point', () => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = files.map(({ path }) => path).filter((path) => path.startsWith('src/bin/') || !path.startsWith('src/'));
  queue.push(...files.map(({ path }) => path).filter((path) => path.startsWith('src/sim/main')));
  // Worker files are started by URL, not imported: the string names them.
  const urls = product.flatMap((file) =>
    [...file.text.matchAll(/'\.\/([a-z0-9-]+\.ts)'/g)].map((match) => join(file.path, '..', match[1] ?? '')),
  );
  queue.push(...urls);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const { target, relative } of byPath.get(path)?.imports ?? []) if (relative) queue.push(target);
  }
  const dead = product.filter(({ path }) => !isTest(path) && !path.startsWith('src/rpc/') && !reached.has(path));
  assertNone(
    dead.map(({ path }) => path),
    'Files nothing reaches',
  );
});

test('every function and constant that is exported is named by a file that imports it', () => {
  const importers = new Map<string, SourceFile[]>();
  for (const file of files) {
    for (const { target } of file.imports) importers.set(target, [...(importers.get(target) ?? []), file]);
  }
  const offences: string[] = [];
  for (const file of product.filter(({ path }) => !path.startsWith('src/rpc/'))) {
    const named = new Set((importers.get(file.path) ?? []).flatMap(({ text }) => text.match(/\w+/g) ?? []));
    for (const [, name = ''] of file.text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)) {
      if (!named.has(name)) offences.push(`${file.path}: ${name}`);
    }
  }
  assertNone(offences, 'Exported for nobody');
});

test('no default export, no skipped test without a name, no leftover marker', () => {
  const offences: string[] = [];
  const marker = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''));
  for (const file of files) {
    for (const [index, line] of file.text.split('\n').entries()) {
      const place = `${file.path}:${index + 1}`;
      if (/^export default/.test(line)) offences.push(`${place}: default export`);
      if (/\b(test|it|describe)\.only\(/.test(line)) offences.push(`${place}: .only`);
      if (marker.test(line) && !file.path.includes('tidy')) offences.push(`${place}: marker`);
    }
  }
  assertNone(offences, 'Forbidden shapes');
});

test('nothing tracked names a path of a build machine or the host of a registry', () => {
  const offences: string[] = [];
  const forbidden = [
    /\/work\/(main|shared)/,
    /\/root\/\.(npm|pyenv|cargo)/,
    /https?:\/\/[^"\s]*(registry|artifactory|nexus|mirror)[^"\s]*\.[a-z]+\//,
  ];
  for (const path of trackedFiles()) {
    if (path.startsWith('tests/tidy/') || statSync(join(root, path)).size > 2_000_000) continue;
    const text = readFileSync(join(root, path), 'utf8');
    for (const pattern of forbidden) if (pattern.test(text)) offences.push(`${path}: ${pattern}`);
    if (path === 'package-lock.json' && text.includes('"resolved": "http')) offences.push(`${path}: resolved URLs`);
  }
  assertNone(offences, 'Machine paths');
});

test('only the store adapter opens database files, and nothing opens the lock file (node locks die with any close)', () => {
  const offences = product
    .filter(({ path, text }) => !path.startsWith('src/adapters/store/') && !isTest(path) && /node:sqlite/.test(text))
    .map(({ path }) => path);
  assertNone(offences, 'Database opened outside the store adapter');
});

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Blanks comments and keeps line numbers. */
function withoutComments(file: SourceFile): string {
  const blank = (match: string) => match.replaceAll(/[^\n]/g, ' ');
  return file.text.replaceAll(/\/\*[\s\S]*?\*\//g, blank).replaceAll(/(^|\s)\/\/[^\n]*/g, blank);
}
