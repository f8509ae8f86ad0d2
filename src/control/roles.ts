import type { Caller } from './mutate.ts';

/** Who may change instances also sees their user_data (spec §5). */
export function mayEdit({ role }: Pick<Caller, 'role'>): boolean {
  return role === 'admin';
}
