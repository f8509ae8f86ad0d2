import { printable } from './answers.ts';

/** What must not leave the node in a text of a process (spec S7). */
export interface ScrubRules {
  readonly instanceDir: string;
  readonly imagesDir: string;
  readonly runDir: string;
}

/**
 * Replaces directories of the host by what they are, and pids by `<pid>`. Control characters are left out: a guest can make
 * its hypervisor complain in them, and they would steer the terminal of whoever reads why it ended.
 */
export function scrub(text: string, rules: ScrubRules): string {
  return printable(text)
    .replaceAll(rules.instanceDir, '<instance>')
    .replaceAll(rules.imagesDir, '<images>')
    .replaceAll(rules.runDir, '<run>')
    .replaceAll(/\bpid[ :=]+\d+/gi, 'pid <pid>')
    .replaceAll(/\/proc\/\d+/g, '/proc/<pid>');
}
