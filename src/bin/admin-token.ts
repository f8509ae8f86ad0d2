import { chmodSync, readFileSync } from 'node:fs';
import type { Tokens } from '../control/tokens.ts';
import { Fault } from '../core/kit/fault.ts';
import { type Secret, secretOf } from '../core/kit/secret.ts';
import { replaceFile } from './replace-file.ts';

/**
 * The admin token of an installation: made at the first start in a file only its owner can read (spec: bearer-token auth from
 * the first day). The store holds its hash; a lost or emptied store accepts the file's token again.
 */
export async function ensureAdminToken(tokens: Tokens, file: string): Promise<void> {
  const known = readToken(file);
  if (known !== null) {
    chmodSync(file, 0o600);
    if (tokens.verify(known) === undefined) await tokens.accept(known, 'user:admin', 'admin');
    return;
  }
  const token = await tokens.create('user:admin', 'admin');
  replaceFile(file, `${token.reveal()}\n`, 0o600);
}

function readToken(file: string): Secret | null {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^hf_[0-9a-f]{64}$/.test(token)) return secretOf(token);
    throw new Fault(
      'store_foreign',
      `Cannot use the admin token in ${file}: it is not a Holdfast token; remove the file to get a new one`,
      { retry: 'never' },
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
