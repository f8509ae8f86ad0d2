import type { Caller } from './mutate.ts';
import type { Role } from './rows.ts';

/** Who may change instances also sees their user_data (spec §5). */
export function mayEdit({ role }: Pick<Caller, 'role'>): boolean {
  return role === 'admin';
}

export function isRole(text: string): text is Role {
  return text === 'viewer' || text === 'admin';
}
