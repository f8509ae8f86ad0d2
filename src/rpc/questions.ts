import { IdPool } from './id-pool.ts';
import type { Question } from './question.ts';

/** Our calls the peer still knows of, by id. */
export class QuestionTable {
  readonly #byId = new Map<number, Question>();
  readonly #ids = new IdPool();

  get size(): number {
    return this.#byId.size;
  }

  get(id: number): Question | undefined {
    return this.#byId.get(id);
  }

  takeId(): number {
    return this.#ids.take();
  }

  add(question: Question): void {
    this.#byId.set(question.id, question);
  }

  /** The id may name another call from now on. */
  giveBack(id: number): void {
    this.#byId.delete(id);
    this.#ids.giveBack(id);
  }

  /** Empties the table. */
  drain(): Question[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    return all;
  }
}
