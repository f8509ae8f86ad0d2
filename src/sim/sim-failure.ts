/** A checker found something, or the world itself failed. */
export class SimFailure extends Error {
  readonly checker: string;
  readonly atMs: number;

  constructor(checker: string, message: string, atMs: number) {
    super(message);
    this.name = 'SimFailure';
    this.checker = checker;
    this.atMs = atMs;
  }
}
