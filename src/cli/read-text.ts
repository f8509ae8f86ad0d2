import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Fault } from '../core/kit/fault.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EACCES: 'no permission',
  EPERM: 'no permission',
};

/** The text of a file that the user named. Fault: `file_unreadable`, also where it is no text. */
export function readTextFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Fault('file_unreadable', `Cannot read ${path}: ${reasons[why] ?? why}`);
  }
  return decodeText(bytes, path);
}

/** Bytes that are no UTF-8 would be declared as another text than the user wrote. Fault: `file_unreadable`. */
export function decodeText(bytes: Buffer, source: string): string {
  if (!isUtf8(bytes)) throw new Fault('file_unreadable', `Cannot read ${source}: it is no text in UTF-8`);
  return bytes.toString('utf8');
}
