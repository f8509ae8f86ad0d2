/** Query parameters of the REST API. Strict: an unknown one is an offence (spec §11). */

import { z } from 'zod';
import { phases } from '../../core/instance/phase.ts';
import { namePattern, nameRule } from '../../core/kit/name-pattern.ts';

/** Items of one page (spec: at most 500). */
const pageSizeMax = 500;
export const pageSizeDefault = 100;

/** Longest `wait`, in seconds. */
const waitSecondsMax = 300;

const whole = (min: number, max: number, description: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `a whole number ${min}..${max}`)
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .optional()
    .meta({ description });

const flag = (description: string) =>
  z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .meta({ description });

const word = (description: string, max = 253) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'text without control characters')
    .optional()
    .meta({ description });

const paging = {
  limit: whole(1, pageSizeMax, `Items of a page; ${pageSizeDefault} when absent.`),
  cursor: word('Where the last page ended: its next_cursor.', 512),
};

const watching = {
  watch: flag('Server-sent events instead of a page.'),
  revision: whole(0, Number.MAX_SAFE_INTEGER, 'With watch: resume after this revision, as Last-Event-ID does.'),
  epoch: whole(0, Number.MAX_SAFE_INTEGER, 'With watch: the epoch of that revision.'),
};

/** What has no meaning in a request is refused in it: it would be passed over in silence. */
type Misplaced = Readonly<Record<string, string>>;

const misplaced = (isSo: (query: Readonly<Record<string, unknown>>) => Misplaced) => {
  return (query: Readonly<Record<string, unknown>>, ctx: z.RefinementCtx): void => {
    for (const [name, message] of Object.entries(isSo(query))) {
      if (query[name] !== undefined) ctx.addIssue({ code: 'custom', path: [name], message });
    }
  };
};

const pageOrWatch = misplaced(({ watch }): Misplaced => {
  if (watch !== true) return { revision: 'It belongs to watch=true', epoch: 'It belongs to watch=true' };
  return { limit: 'A watch has no pages', cursor: 'A watch has no pages' };
});

const limitOfPrune = misplaced(
  ({ prune }): Misplaced => (prune === undefined ? { prune_limit: 'It belongs to prune' } : {}),
);

const nothingToWaitFor = misplaced(
  ({ graceful, forget }): Misplaced =>
    graceful && forget ? { graceful: 'A VM that is forgotten is not waited for' } : {},
);

const wait = whole(0, waitSecondsMax, 'Seconds to wait for the task to finish before answering.');
const onRestart = z
  .enum(['refuse', 'restart', 'defer'])
  .optional()
  .meta({ description: 'What to do when a running VM must restart for the change; refuse when absent.' });
const allowReplace = flag('Accept that disks are made anew and lose their content.');

const consent = { on_restart: onRestart, allow_replace: allowReplace };

export const noQuery = z.strictObject({});
export const waitQuery = z.strictObject({ wait });

export const vmListQuery = z
  .strictObject({
    ...paging,
    ...watching,
    label_selector: word("Labels a VM must have: 'app=web,tier!=db,owner,!legacy'.", 1024),
    name: word('Only this VM.'),
    phase: z.enum(phases).optional().meta({ description: 'Only VMs in this phase.' }),
    node: word('Only VMs on this node.'),
    desired_phase: z
      .enum(['running', 'stopped', 'deleted'])
      .optional()
      .meta({ description: 'Only VMs that shall be so.' }),
    in_sync: flag('Only VMs that are, or are not, in sync.'),
    fields: word('Top-level fields to answer, with commas between; all when absent.', 1024),
  })
  .superRefine(pageOrWatch);

export const patchQuery = z.strictObject(consent);
export const resizeQuery = z.strictObject({ ...consent, wait });
export const deleteQuery = z
  .strictObject({
    graceful: flag('Let the guest power off first.'),
    forget: flag('Free the name at once although the node is away.'),
    wait,
  })
  .superRefine(nothingToWaitFor);

export const planOneQuery = z.strictObject(consent);

export const applyQuery = z
  .strictObject({
    ...consent,
    prune: word('Label selector: VMs that match it and are in no document are deleted.', 1024),
    prune_limit: whole(0, 1000, 'Most VMs that prune may delete; 10 when absent.'),
  })
  .superRefine(limitOfPrune);

export const taskListQuery = z.strictObject({
  ...paging,
  status: z
    .enum(['pending', 'running', 'success', 'failed', 'cancelled', 'superseded'])
    .optional()
    .meta({ description: 'Only tasks in this status.' }),
  vm: word('Only tasks of this VM (name, or uid: and its uid).'),
});

export const eventListQuery = z
  .strictObject({
    ...paging,
    ...watching,
    vm: word('Only events of this VM (name, or uid: and its uid).'),
    node: word('Only events of this node.'),
    code: word('Only events with this code.'),
  })
  .superRefine(pageOrWatch);

export const historyQuery = z.strictObject({ limit: whole(1, pageSizeMax, 'Most events answered; 100 when absent.') });

export const logsQuery = z.strictObject({
  tail_bytes: whole(1, 8 * 1024 * 1024, 'Last bytes of the serial log; 64 KiB when absent.'),
  follow: flag('Go on with what the guest writes.'),
});

export const consoleQuery = z.strictObject({ read_only: flag('Only look; several may, one writes.') });

export const consoleOpenQuery = z.strictObject({
  token: z.string().min(1).max(256).optional().meta({ description: 'The console token.' }),
  scrollback_bytes: whole(0, 1024 * 1024, 'Bytes of the log shown first; 64 KiB when absent.'),
});

/** Body of `POST /v1/tokens`. */
export const tokenBody = z
  .strictObject({
    name: z.string().regex(namePattern, nameRule).meta({ description: 'Who it is for; becomes user:NAME.' }),
    role: z.enum(['viewer', 'admin']).meta({ description: 'viewer reads, admin does all.' }),
  })
  .meta({ id: 'AccessTokenCreate' });
