/** `nobody` of most systems; it owns nothing of ours. */
const nobody = 65_534;

const isRoot = process.getuid?.() === 0;

/** Why this process cannot do something without the rights of root; false where it can. */
export function cannotDropRoot(): string | false {
  if (!isRoot) return false;
  try {
    process.seteuid?.(nobody);
    process.seteuid?.(0);
    return false;
  } catch {
    return `no user ${nobody} is here that root could become`;
  }
}

/**
 * Does something as a user whom permissions bind, with directories that this user owns. The whole process has no more rights
 * meanwhile: only for tests of a file that has a process to itself.
 */
export async function asOrdinaryUser<T>(body: () => Promise<T>): Promise<T> {
  if (!isRoot) return await body();
  process.seteuid?.(nobody);
  try {
    return await body();
  } finally {
    process.seteuid?.(0);
  }
}
