/**
 * Bearer tokens: stored as hashes, looked up by them (spec §12). What was looked up once is remembered by the text of
 * the token for as long as its row stays, so that a request costs no hash.
 */
import { createHash } from 'node:crypto';
import { type Secret, secretOf } from '../core/kit/secret.ts';
import type { ControlDeps } from './control-config.ts';
import { put, type Role, readRow, type TokenRow, tokenKey, tokenPrefix } from './rows.ts';

export interface Principal {
  readonly principal: string;
  readonly role: Role;
}

export interface Tokens {
  /** Who presents this token; undefined = nobody we know. */
  verify(token: Secret): Principal | undefined;
  /** Makes a token and returns it, the only time it is ever seen. */
  create(principal: string, role: Role): Promise<Secret>;
  /** Makes sure that this token (kept by its owner in a file) is accepted. */
  accept(token: Secret, principal: string, role: Role): Promise<void>;
  close(): void;
}

/** Tokens remembered by text; beyond it they are hashed again. */
const rememberedMax = 1_000;

const tokenBytes = 32;
const tokenTextPrefix = 'hf_';

export function createTokens({ store, clock, random }: ControlDeps): Tokens {
  const remembered = new Map<string, Principal>();
  const watch = store.watch(tokenPrefix, store.revision(), () => remembered.clear());
  const accept = async (token: Secret, principal: string, role: Role): Promise<void> => {
    const row: TokenRow = { principal, role, createdAt: clock.now() };
    await store.commit({ put: [put(tokenKey(hashToken(token.reveal())), row)] });
  };
  return {
    verify(token) {
      const text = token.reveal();
      const known = remembered.get(text);
      if (known !== undefined) return known;
      const row = readRow<TokenRow>(store, tokenKey(hashToken(text)));
      if (row === undefined) return undefined;
      const { principal, role } = row.value;
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(text, { principal, role });
      return { principal, role };
    },
    async create(principal, role) {
      const token = secretOf(`${tokenTextPrefix}${random.hex(tokenBytes)}`);
      await accept(token, principal, role);
      return token;
    },
    accept,
    close() {
      if (watch.kind === 'watching') watch.close();
    },
  };
}

function hashToken(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
