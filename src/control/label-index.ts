/**
 * Names of VMs by label, kept only for labels that are asked for: a fleet has many, which change all day, and lists ask for
 * a few.
 */
import type { VmRecord } from '../core/instance/vm-record.ts';
import { SetsByKey } from './sets-by-key.ts';

/** Labels kept; beyond it the oldest is dropped, and looked up anew when it is asked for again: 10,000 VMs take some ms. */
const labelsKept = 64;

/** A label may be named like a member that every object has. */
const labelOf = (record: VmRecord | undefined, key: string): string | undefined =>
  record !== undefined && Object.hasOwn(record.labels, key) ? record.labels[key] : undefined;

export class LabelIndex {
  readonly #records: () => Iterable<VmRecord>;
  readonly #kept = new Map<string, NamesOfLabel>();

  constructor(records: () => Iterable<VmRecord>) {
    this.#records = records;
  }

  /** Names of VMs that carry the label, in order; shared, treat as frozen. */
  names(key: string, value: string | null): readonly string[] {
    return (this.#kept.get(key) ?? this.#lookUp(key)).names(value);
  }

  /** Telling again of a record that a look-up has seen already changes nothing. */
  apply(before: VmRecord | undefined, after: VmRecord | undefined): void {
    const name = (after ?? before)?.name;
    if (name === undefined) return;
    for (const [key, label] of this.#kept) label.change(name, labelOf(before, key), labelOf(after, key));
  }

  #lookUp(key: string): NamesOfLabel {
    const label = new NamesOfLabel();
    for (const record of this.#records()) label.change(record.name, undefined, labelOf(record, key));
    const [first] = this.#kept.keys();
    if (first !== undefined && this.#kept.size >= labelsKept) this.#kept.delete(first);
    this.#kept.set(key, label);
    return label;
  }
}

class NamesOfLabel {
  readonly #all = new Set<string>();
  readonly #byValue = new SetsByKey<string>();
  /** By value, null = all: a listing by another value keeps its sorted names. */
  readonly #sorted = new Map<string | null, readonly string[]>();

  names(value: string | null): readonly string[] {
    const known = this.#sorted.get(value);
    if (known !== undefined) return known;
    const names = value === null ? this.#all : this.#byValue.get(value);
    if (names.size === 0) return [];
    const sorted = [...names].sort();
    this.#sorted.set(value, sorted);
    return sorted;
  }

  change(name: string, before: string | undefined, after: string | undefined): void {
    if (before === after) return;
    if (before !== undefined) {
      this.#byValue.remove(before, name);
      this.#sorted.delete(before);
    }
    if (after !== undefined) {
      this.#byValue.add(after, name);
      this.#sorted.delete(after);
    }
    if (before !== undefined && after !== undefined) return;
    if (after === undefined) this.#all.delete(name);
    else this.#all.add(name);
    this.#sorted.delete(null);
  }
}
