/**
 * An assignment travels as pages: runs of entries, each named by a hash of what it says. Every assignment names all of its
 * pages (architecture rule 5: the whole set, content-addressed), but a page that the other side holds is not sent again: one
 * changed VM among ten thousand costs one page.
 *
 * Where a page ends is decided by the uid of its last entry alone, so that an entry that comes or goes moves no boundary but
 * its own. Both sides hold the pages of the last assignment and no others.
 */
import { createHash } from 'node:crypto';
import type { DesiredVm } from '../../core/instance/desired.ts';
import type { AssignmentRevision, UnreadableOrder } from '../../core/node/assignment.ts';
import { bodyKeyOf } from './bodies.ts';
import { Undecodable } from './decode.ts';

/** Entries of a page whose uids happen not to end it: eight times the usual. */
const pageEntriesMax = 256;

/** Bytes of sha256 that name a page: enough that no two ever meet by accident. */
const nameBytes = 16;

export interface Page {
  /** The name as hexadecimal text, for maps. */
  readonly key: string;
  readonly instances: readonly DesiredVm[];
}

/** What has been sent to the other side of one session. */
export interface SentPages {
  /** The pages of a whole set, and which of them the other side lacks; from now on it holds exactly these. */
  take(
    set: readonly DesiredVm[],
    at: AssignmentRevision,
    lastSeen: AssignmentRevision | null,
  ): { readonly all: readonly Page[]; readonly lacking: readonly Page[] };
}

export function createSentPages(): SentPages {
  let sentAt: AssignmentRevision | null = null;
  let held: readonly Page[] = [];
  return {
    take(set, at, lastSeen) {
      const all = pagesOf(set, held);
      // What was sent last may not have arrived: only who says that it holds it is taken to hold it.
      const holds = sentAt !== null && lastSeen?.epoch === sentAt.epoch && lastSeen.revision === sentAt.revision;
      const keys = new Set(holds ? held.map(({ key }) => key) : []);
      sentAt = at;
      held = all;
      return { all, lacking: all.filter(({ key }) => !keys.has(key)) };
    },
  };
}

/**
 * Cuts a set into pages. Those that say what they said before are the same objects: they are found where they follow the page
 * before them, or by their first entry where something came or went.
 */
function pagesOf(set: readonly DesiredVm[], held: readonly Page[]): readonly Page[] {
  const pages: Page[] = [];
  let byFirst: ReadonlyMap<DesiredVm | undefined, number> | null = null;
  let expected = 0;
  for (let from = 0; from < set.length; ) {
    if (held[expected]?.instances[0] !== set[from]) {
      byFirst ??= new Map(held.map(({ instances }, i) => [instances[0], i]));
      expected = byFirst.get(set[from]) ?? expected;
    }
    const known = held[expected];
    const page = known !== undefined && beginsAt(set, from, known) ? known : pageOf(set.slice(from, endOf(set, from)));
    pages.push(page);
    from += page.instances.length;
    expected += 1;
  }
  return pages;
}

/** Whether the page that begins there is this one. Compares objects: all that an unchanged page costs. */
function beginsAt(set: readonly DesiredVm[], from: number, { instances }: Page): boolean {
  for (let i = 0; i < instances.length; i += 1) if (instances[i] !== set[from + i]) return false;
  const end = from + instances.length;
  return end === set.length || instances.length === pageEntriesMax || endsPage(set[end - 1]);
}

function endOf(set: readonly DesiredVm[], from: number): number {
  let end = from + 1;
  while (end < set.length && end - from < pageEntriesMax && !endsPage(set[end - 1])) end += 1;
  return end;
}

/**
 * One uid in 32 ends a page: their last digits are random. At 10,000 VMs, measured, what a change costs for the entries of its
 * page is then about what it costs for the names of all.
 */
const endings = new Set(['00', '20', '40', '60', '80', 'a0', 'c0', 'e0']);
const endsPage = (last: DesiredVm | undefined): boolean => last !== undefined && endings.has(last.uid.slice(-2));

function pageOf(instances: readonly DesiredVm[]): Page {
  const said = instances.map((desired) => ({ ...desired, spec: bodyKeyOf(desired.spec) }));
  const digest = createHash('sha256').update(JSON.stringify(said)).digest();
  return { key: digest.subarray(0, nameBytes).toString('hex'), instances };
}

/** The pages of the last assignment that arrived in one session. */
export interface KeptPages {
  /** The entries of a whole set, from pages just received and those that are held. Throws `Undecodable` when one is missing. */
  take(names: readonly string[], received: ReadonlyMap<string, ReadEntries>): ReadEntries;
}

/** Entries as they were read. */
export interface ReadEntries {
  readonly instances: readonly DesiredVm[];
  readonly unreadable: readonly UnreadableOrder[];
}

export function createKeptPages(): KeptPages {
  let held: ReadonlyMap<string, ReadEntries> = new Map();
  return {
    take(names, received) {
      const pages = names.map((name) => received.get(name) ?? held.get(name) ?? lost());
      held = new Map(pages.map((page, i) => [names[i] ?? '', page]));
      return {
        // Ten thousand entries at each change: by far the fastest way to join them.
        instances: ([] as readonly DesiredVm[]).concat(...pages.map(({ instances }) => instances)),
        unreadable: pages.flatMap(({ unreadable }) => unreadable),
      };
    },
  };
}

function lost(): never {
  throw new Undecodable('page', 'a page that was sent');
}
