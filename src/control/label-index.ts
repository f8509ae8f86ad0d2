/** Names of VMs by label, and by `key=value`. */
import type { VmRecord } from '../core/instance/vm-record.ts';
import { SetsByKey } from './sets-by-key.ts';

/** A label may be named like a member that every object has. */
const labelOf = (record: VmRecord | undefined, key: string): string | undefined =>
  record !== undefined && Object.hasOwn(record.labels, key) ? record.labels[key] : undefined;

export class LabelIndex {
  readonly #names = new SetsByKey<string>();
  readonly #sorted = new Map<string, readonly string[]>();

  /** Names of VMs that carry the label, in order; shared, treat as frozen. */
  names(key: string, value: string | null): readonly string[] {
    const word = value === null ? key : `${key}=${value}`;
    const known = this.#sorted.get(word);
    if (known !== undefined) return known;
    const names = this.#names.get(word);
    if (names.size === 0) return [];
    const sorted = [...names].sort();
    this.#sorted.set(word, sorted);
    return sorted;
  }

  /** Only what differs: a listing by another label keeps its sorted names. */
  apply(before: VmRecord | undefined, after: VmRecord | undefined): void {
    for (const [key, value] of Object.entries(before?.labels ?? {})) {
      const now = labelOf(after, key);
      if (before === undefined || now === value) continue;
      this.#drop(`${key}=${value}`, before.name);
      if (now === undefined) this.#drop(key, before.name);
    }
    for (const [key, value] of Object.entries(after?.labels ?? {})) {
      const old = labelOf(before, key);
      if (after === undefined || old === value) continue;
      this.#add(`${key}=${value}`, after.name);
      if (old === undefined) this.#add(key, after.name);
    }
  }

  #add(word: string, name: string): void {
    this.#names.add(word, name);
    this.#sorted.delete(word);
  }

  #drop(word: string, name: string): void {
    this.#names.remove(word, name);
    this.#sorted.delete(word);
  }
}
