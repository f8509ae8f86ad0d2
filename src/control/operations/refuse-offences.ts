import type { JsonObject } from '../../core/kit/json.ts';
import { named, type Offence } from '../../wire/manifest/offence.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** Every offence at once, in the envelope of examples.md (d). */
export function refuseOffences(offences: readonly Offence[], name: string | null): Refusal {
  const subject = name === null ? subjectOf(offences) : `VirtualMachine ${JSON.stringify(name)}`;
  const count = offences.length === 1 ? '1 offence' : `${offences.length} offences`;
  return refuse('validation_failed', `${subject} has ${count}; nothing was changed`, {
    offences: offences.map((offence) => named(offence, name)) as unknown as readonly JsonObject[],
  });
}

/** What the offences are in, where it has no name: `?limit` is in the query, `If-Match` a header, `$.name` in a document. */
function subjectOf(offences: readonly Offence[]): string {
  const paths = offences.map(({ path }) => path);
  if (paths.length === 0 || paths.some((path) => path.startsWith('$'))) return 'The document';
  return paths.every((path) => path.startsWith('?')) ? 'The query' : `The header ${paths[0]}`;
}

const shownNameLength = 80;

/** The name a body gives itself, cut, for messages. */
export function nameIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'name')) return null;
  const name = (body as { readonly name: unknown }).name;
  return typeof name === 'string' ? name.slice(0, shownNameLength) : null;
}
