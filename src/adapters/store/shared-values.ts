import type { Json } from '../../core/kit/json.ts';
import { shareDeep } from '../../core/kit/share-parts.ts';

/**
 * Rows below one prefix are mostly alike: VMs of a fleet, events that tell the same of each of them. A new row shares with the
 * one before it what both say: ten thousand VMs are 30 MB less.
 */
export class SharedValues {
  readonly #newest = new Map<string, Json>();

  share(key: string, value: Json): Json {
    const kind = key.slice(0, key.indexOf('/') + 1);
    const shared = shareDeep(this.#newest.get(kind), value);
    this.#newest.set(kind, shared);
    return shared;
  }
}
