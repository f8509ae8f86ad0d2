import type { StartProcess } from '../../ports/host.ts';

/** Exit codes of the chain's own links; 126 and 127 are the shell's and setpriv's "cannot execute". */
export const CHAIN_EXIT = { noRoom: 74, alreadyStarted: 75, locked: 77, notExecutable: 126, notFound: 127 } as const;

/** Name of the script in the process table, while it runs. */
export const CHAIN_NAME = 'holdfast-exec';

/**
 * The one script that ever runs; values reach it as positional parameters only, never as text (spec §12).
 * The pid file is created exclusively, so a second start of an incarnation is impossible, and it holds pid, start
 * time and boot id, so that a start whose answer was lost can be proven by its file alone. A file of nothing is of a disk
 * without room for the line: the lock keeps every other start of the instance away meanwhile.
 */
export const EXEC_SCRIPT = `d=$1; shift
read -r boot < /proc/sys/kernel/random/boot_id || exit 75
read -r stat < /proc/$$/stat || exit 75
stat=\${stat##*) }
line() { shift 19; echo "$$ $1 $boot"; }
umask 077
set -C
if ! line $stat > "$d/pid"; then
  test -s "$d/pid" || exit 74
  exit 75
fi
set +C
umask 022
exec "$@"
`;

/**
 * The chain that turns into the program, one pid from the first link to the last:
 * flock takes the instance lock and keeps it in a descriptor the program inherits (held for life: spec F4) → sh
 * writes the pid file → setpriv drops user, capabilities and the right to regain any → the program. Meanwhile the
 * agent moves the process into its cgroup: a link that did would hold up all that follow.
 */
export function execChain(request: StartProcess, asRoot: boolean): readonly [string, ...string[]] {
  return [
    'flock',
    '--no-fork',
    '--nonblock',
    '--conflict-exit-code',
    String(CHAIN_EXIT.locked),
    request.lockFile,
    '/bin/sh',
    '-c',
    EXEC_SCRIPT,
    CHAIN_NAME,
    request.dir,
    'setpriv',
    ...privileges(request.user, asRoot),
    '--',
    ...request.argv,
  ];
}

function privileges(user: StartProcess['user'], asRoot: boolean): readonly string[] {
  if (!asRoot) return ['--no-new-privs'];
  const powerless = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
  if (user === null) return powerless;
  const groups = user.groups.length === 0 ? ['--clear-groups'] : ['--groups', user.groups.join(',')];
  return ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups, ...powerless];
}
