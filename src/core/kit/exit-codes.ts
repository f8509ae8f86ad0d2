/**
 * Exit codes of the CLI. Scripts rely on them: a number never changes its meaning, new meanings get new numbers.
 * Every error code names one of these in the error table (spec §4, §11).
 */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done as asked' },
  internal: { code: 1, meaning: 'A defect or an unforeseen fault' },
  bad_input: { code: 2, meaning: 'The command line, a manifest or a request is wrong; nothing was changed' },
  not_found: { code: 3, meaning: 'The named thing does not exist, or you may not see it' },
  conflict: { code: 4, meaning: 'The present state forbids it; nothing was changed' },
  unreachable: { code: 5, meaning: 'The control plane or the node does not answer' },
  timeout: { code: 6, meaning: 'What was waited for did not happen in time; it may still happen' },
  auth: { code: 7, meaning: 'No valid token, or not enough rights' },
  failed: { code: 8, meaning: 'It was accepted and then failed: a task or an instance says why' },
  limited: { code: 9, meaning: 'A limit was reached: rate, size, count or space' },
  interrupted: { code: 130, meaning: 'Stopped by Ctrl-C (SIGINT)' },
} as const;

/** Name of an exit code. */
export type ExitName = keyof typeof exitCodes;
