/** Smallest-first numbers for a table; a number is handed out again once it was given back. */
export class IdPool {
  #next = 0;
  readonly #free: number[] = [];

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  giveBack(id: number): void {
    this.#free.push(id);
  }
}
