import type { Caller } from './mutate.ts';

/** Who may change instances also sees the secrets of their cloud-init (spec §5). */
export function mayEdit({ role }: Pick<Caller, 'role'>): boolean {
  return role === 'admin';
}
