import type { ProcessExit } from '../../core/instance/process.ts';

/** Ends remembered of own children; older ones are forgotten and read as `unknown`, as after an agent restart. */
const MAX_ENDED_CHILDREN = 4_096;

export interface Child {
  exit: ProcessExit | undefined;
  /** Resolves when the exit is known. */
  readonly ended: Promise<void>;
}

/**
 * The processes this agent started itself: only their parent learns an exit code (facts: an adopted process has
 * none).
 */
export interface Children {
  add(pid: number, startTime: number, child: Child): void;
  get(pid: number, startTime: number): Child | undefined;
}

export function createChildren(): Children {
  const children = new Map<string, Child>();
  return {
    add(pid, startTime, child) {
      children.set(`${pid}:${startTime}`, child);
      if (children.size <= MAX_ENDED_CHILDREN) return;
      for (const [key, old] of children) {
        if (old.exit !== undefined) {
          children.delete(key);
          break;
        }
      }
    },
    get: (pid, startTime) => children.get(`${pid}:${startTime}`),
  };
}
