/**
 * Reads what `strace -f -y` saw, and looks for names in a directory that a loss of power could take back, or leave with a file
 * whose content never came.
 */

interface Call {
  readonly name: string;
  readonly args: string;
  /** Numbers of the lines it began and ended at. */
  readonly began: number;
  readonly ended: number;
}

/** Calls that succeeded, also those that others came between. */
function callsOf(trace: string): readonly Call[] {
  const calls: Call[] = [];
  const open = new Map<string, { readonly args: string; readonly began: number }>();
  for (const [line, text] of trace.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(text) ?? [];
    const [, begun, beginning = ''] = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest) ?? [];
    if (begun !== undefined) open.set(`${thread} ${begun}`, { args: beginning, began: line });
    const [, resumed, remainder = ''] = /^<\.\.\. (\w+) resumed>(.*)\) += \d/.exec(rest) ?? [];
    const before = open.get(`${thread} ${resumed}`);
    if (resumed !== undefined && before !== undefined) {
      calls.push({ name: resumed, args: before.args + remainder, began: before.began, ended: line });
    }
    const [, whole, args = ''] = /^(\w+)\((.*)\) += \d/.exec(rest) ?? [];
    if (whole !== undefined) calls.push({ name: whole, args, began: line, ended: line });
  }
  return calls;
}

const pathsOf = ({ args }: Call): readonly string[] => [...args.matchAll(/"([^"]*)"/g)].map(([, path = '']) => path);
const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const isTemporary = (path: string): boolean => /\.(new|part)$/.test(path);

export interface NameVerdict {
  /** How many names below the directory came to be. */
  readonly names: number;
  /** Names that may be lost, or stand for a file without its content. */
  readonly problems: readonly string[];
}

/** Of all names that came to be below `root`. */
export function judgeNames(trace: string, root: string): NameVerdict {
  const calls = callsOf(trace);
  const syncs = calls.flatMap((call) => {
    const path = /sync$/.test(call.name) ? /^\d+<([^>]*)>/.exec(call.args)?.[1] : undefined;
    return path === undefined ? [] : [{ path, began: call.began, ended: call.ended }];
  });
  const problems: string[] = [];
  let names = 0;
  for (const call of calls) {
    const made = nameMadeBy(call);
    if (made === null || !made.path.startsWith(`${root}/`) || isTemporary(made.path)) continue;
    names += 1;
    const kept = syncs.some(({ path, began }) => path === parentOf(made.path) && began > call.ended);
    if (!kept) problems.push(`${made.path} is in no directory that was synced after it`);
    const { from } = made;
    if (from !== null && !syncs.some(({ path, ended }) => path === from && ended < call.began)) {
      problems.push(`${made.path} got its name before its content was synced`);
    }
  }
  return { names, problems };
}

/** `from`: the file whose content it is, where that was written just now. */
function nameMadeBy(call: Call): { readonly path: string; readonly from: string | null } | null {
  const [first = '', second = ''] = pathsOf(call);
  if (/^rename/.test(call.name)) return { path: second, from: first };
  if (/^link/.test(call.name)) return { path: second, from: null };
  if (/^mkdir/.test(call.name)) return { path: first, from: null };
  return /^open/.test(call.name) && /O_CREAT/.test(call.args) ? { path: first, from: null } : null;
}
