import { stripVTControlCharacters } from 'node:util';

/** Blocks whose characters take two columns of a terminal (East Asian wide and emoji). */
const wideBlocks: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const controls = /[\u0000-\u001f\u007f-\u009f]/g;
const ascii = /^[\x20-\x7e]*$/;
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (zeroWidth.test(char)) return 0;
  return wideBlocks.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const char of stripVTControlCharacters(text)) width += charWidth(char);
  return width;
}

/** Text from elsewhere made harmless for a terminal: one line, no escape sequences. */
export function plainText(text: string): string {
  return ascii.test(text) ? text : stripVTControlCharacters(text).replace(controls, ' ');
}

/** The beginning of a text that fits into `width` columns, `…` where something was left out. */
export function clipText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    used += charWidth(char);
    if (used > width - 1) break;
    kept += char;
  }
  return width <= 0 ? '' : `${kept.trimEnd()}…`;
}

/** Breaks a text at spaces into lines of at most `width` columns, all but the first behind `indent`; a longer word stands alone. */
export function wrapText(text: string, width: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of text.split(' ')) {
    const longer: string = line === null ? word : `${line} ${word}`;
    if (line === null || line.trim() === '' || textWidth(longer) <= width) line = longer;
    else {
      lines.push(line.trimEnd());
      line = indent + word;
    }
  }
  return [...lines, line ?? ''];
}

/**
 * Lines, plain or painted, broken where a terminal is too narrow for them, what follows a break behind `indent`. In a pipe
 * (`columns` null) they stay as they are.
 */
export function hangText(text: string, columns: number | null, indent: string): string {
  if (columns === null) return text;
  return text
    .split('\n')
    .flatMap((line) => wrapText(line, columns, indent))
    .join('\n');
}
