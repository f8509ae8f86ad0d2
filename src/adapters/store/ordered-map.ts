/**
 * An ordered map from text to values: point look-ups by hash, listings by prefix in key order.
 *
 * The order is kept in blocks of sorted keys (a B-tree of two levels). Compared with one sorted array that is sorted
 * lazily, no listing ever pays for the inserts before it and no insert moves more than one block: with 100,000 keys
 * either costs about a microsecond, and a page of 500 costs two binary searches and a copy. A skip list would need a
 * random source and an object per key for the same bounds.
 *
 * Keys compare by UTF-16 code unit, as JavaScript's `<` does.
 */

/** A block splits beyond this many keys: small enough to shift cheaply, large enough that few blocks exist. */
const blockLimit = 512;

/** Index of the first key in `keys` that is not below `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** See the essay at the head of the file. */
export class OrderedMap<V> {
  readonly #values = new Map<string, V>();
  /** Never holds an empty block. */
  readonly #blocks: string[][] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    const { size } = this.#values;
    this.#values.set(key, value);
    if (this.#values.size > size) this.#insert(key);
  }

  /** True when the key was there. */
  delete(key: string): boolean {
    if (!this.#values.delete(key)) return false;
    const at = this.#blockOf(key);
    const block = this.#blocks[at] as string[];
    block.splice(lowerBound(block, key), 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
    return true;
  }

  /** Values whose key starts with `prefix` in key order, after the key `after` where given, at most `limit`. */
  list(prefix: string, after: string | undefined, limit: number): V[] {
    const found: V[] = [];
    const skip = after !== undefined && after >= prefix;
    const from = skip ? after : prefix;
    let at = this.#blockOf(from);
    let index = at < this.#blocks.length ? lowerBound(this.#blocks[at] as string[], from) : 0;
    if (skip && this.#blocks[at]?.[index] === after) index += 1;
    for (; at < this.#blocks.length; at += 1, index = 0) {
      const block = this.#blocks[at] as string[];
      // What begins alike stands together: where the last key of a block has the prefix, so has each from here on.
      const isWhole = (block[block.length - 1] as string).startsWith(prefix);
      for (; index < block.length; index += 1) {
        const key = block[index] as string;
        if (found.length >= limit || !(isWhole || key.startsWith(prefix))) return found;
        found.push(this.#values.get(key) as V);
      }
    }
    return found;
  }

  /** Index of the block that holds `key`, or would. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((this.#blocks[middle] as string[])[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  #insert(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    block.splice(lowerBound(block, key), 0, key);
    if (block.length <= blockLimit) return;
    // Keys that grow (event ids) would leave half-full blocks behind if they split in the middle.
    const growing = at === this.#blocks.length - 1 && block[block.length - 1] === key;
    this.#blocks.splice(at + 1, 0, block.splice(growing ? blockLimit : blockLimit >>> 1));
  }
}
