import { mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asUid, type Uid } from '../../core/kit/brand.ts';
import { invariant } from '../../core/kit/exhaustive.ts';
import { isDigest } from './image-url.ts';
import { syncDirectory } from './sync-directory.ts';

const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Who needs which digest: one empty file per pin, `DIGEST/UID`, durable before `add` answers. Loaded once, then in
 * memory.
 */
export class PinBook {
  readonly #dir: string;
  #loaded: Promise<Map<string, Set<Uid>>> | undefined;
  /** Changes happen one after another: a directory that is made and removed at once would lose a pin. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Pins durably; false = it was pinned already. */
  add(sha256: string, uid: Uid): Promise<boolean> {
    invariant(FILE_NAME.test(uid), 'a uid is fit for a file name');
    return this.#exclusive(async (pins) => {
      if (pins.get(sha256)?.has(uid) === true) return false;
      const dir = join(this.#dir, sha256);
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const file = await open(join(dir, uid), 'w', 0o600);
      await file.close();
      // At once, so that the file system writes both in one go.
      await Promise.all([syncDirectory(dir), syncDirectory(this.#dir)]);
      pins.set(sha256, (pins.get(sha256) ?? new Set<Uid>()).add(uid));
      return true;
    });
  }

  /** Takes the pins of the instance away, except those `keep` answers true for. */
  removeAll(uid: Uid, keep: (sha256: string) => boolean): Promise<void> {
    return this.#exclusive(async (pins) => {
      for (const [sha256, uids] of pins) {
        if (uids.has(uid) && !keep(sha256)) await this.#erase(pins, sha256, uid);
      }
    });
  }

  /** Takes one pin away, if that is still right when its turn comes. */
  remove(sha256: string, uid: Uid, stillRight: () => boolean): Promise<void> {
    return this.#exclusive(async (pins) => {
      if (stillRight()) await this.#erase(pins, sha256, uid);
    });
  }

  isPinned(sha256: string): Promise<boolean> {
    return this.#exclusive(async (pins) => pins.has(sha256));
  }

  async #erase(pins: Map<string, Set<Uid>>, sha256: string, uid: Uid): Promise<void> {
    const uids = pins.get(sha256);
    await rm(join(this.#dir, sha256, uid), { force: true });
    if (uids?.delete(uid) !== true || uids.size > 0) return;
    pins.delete(sha256);
    await rmdir(join(this.#dir, sha256));
  }

  #exclusive<T>(change: (pins: Map<string, Set<Uid>>) => Promise<T>): Promise<T> {
    const result = this.#tail.then(async () => change(await this.#pins()));
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #pins(): Promise<Map<string, Set<Uid>>> {
    // A load that failed is tried anew: without its pins no entry may be judged unpinned.
    this.#loaded ??= this.#load().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  async #load(): Promise<Map<string, Set<Uid>>> {
    const pins = new Map<string, Set<Uid>>();
    for (const sha256 of await readdir(this.#dir)) {
      if (!isDigest(sha256)) continue;
      const uids = await readdir(join(this.#dir, sha256));
      if (uids.length > 0) pins.set(sha256, new Set(uids.map(asUid)));
    }
    return pins;
  }
}
