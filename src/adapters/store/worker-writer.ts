import { Worker } from 'node:worker_threads';
import { exhaustive, invariant } from '../../core/kit/exhaustive.ts';
import { Fault } from '../../core/kit/fault.ts';
import { ImageFromRows } from './image-from-rows.ts';
import type { LoadChunk, MediumHead, StorePosition } from './medium-rows.ts';
import { packBatch } from './packed-batch.ts';
import { sqliteFault } from './sqlite-fault.ts';
import type { MediumConfig } from './sqlite-medium.ts';
import { encodeJson, type OpenedWriter, rowsOf } from './sqlite-rows.ts';
import type { StoreImage } from './store-views.ts';
import { faultFromParts, type WriterAnswer, type WriterRequest } from './writer-messages.ts';

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

interface Opening extends Waiter<StoreImage> {
  readonly rows: ImageFromRows;
}

/**
 * Requests of 64 clients that are answered together come back together. If all of them shared the next batch, this thread
 * and the writer would wait for each other in turn; begun with a third of them, one batch syncs while the next one fills:
 * measured over REST, a third more changes a second with a sync of 5 ms, a tenth more with that of a fast disk.
 */
const enoughForThread = 24;

/**
 * Each answer is work: a document is made and sent, and its client asks anew. Those of a whole batch in one turn of the loop held
 * up every read beside them for 10 ms. With fewer than these, less of the code that makes them stays in the processor's caches:
 * measured, a tenth more of the main thread for a change.
 */
const answersAtOnce = 16;

/** An entry of its own, because the published package is a bundle: there the file beside this one ends in `.js`. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './store-writer.ts' : './store-writer.js', import.meta.url);

/**
 * Opens the database in a thread of its own, so that no sync blocks the caller's loop. For the control plane.
 * When the thread dies the outcome of what was in flight is unknown: that and every later write fails with
 * `store_failed` until the process starts anew and reads what is durable. `thread` is another program for tests.
 */
export async function openWorkerWriter(config: MediumConfig, thread: URL = entry): Promise<OpenedWriter> {
  const link = new WriterLink(new Worker(thread, { workerData: config }));
  const image = await link.open();
  return {
    image,
    backup: (target) => link.backup(target),
    broken: link.broken,
    writer: {
      encode: encodeJson,
      // After the callbacks of this turn of the loop: measured, a microtask would halve the batches, because only some of
      // those just answered would be back with their next commit.
      schedule: (start) => void setImmediate(start),
      enoughCommits: enoughForThread,
      answersPerTurn: answersAtOnce,
      write: (batch) => link.write({ kind: 'write', batch: packBatch(rowsOf(batch)) }),
      close: () => link.close(),
    },
  };
}

/** The caller's end of the message port. */
class WriterLink {
  readonly broken: AbortSignal;
  readonly #worker: Worker;
  readonly #closing = Promise.withResolvers<void>();
  readonly #broken = new AbortController();
  readonly #backups = new Map<number, Waiter<StorePosition>>();
  /** Only until it is open: what the database held then is the store's to keep or to drop. */
  #opening: Opening | undefined;
  #write: Waiter<void> | undefined;
  #backupCount = 0;
  /** Answers that are to come; one from the start, whether it is open. */
  #due = 1;
  /** Why opening failed; told when the thread has ended. */
  #refusal: Fault | undefined;
  #closeAsked = false;
  /** Why nothing can be asked any more. */
  #dead: Fault | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.broken = this.#broken.signal;
    worker.on('message', (answer: WriterAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#die(error));
    worker.on('exit', () => this.#die(undefined));
  }

  /** Call once, at first. */
  open(): Promise<StoreImage> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject, rows: new ImageFromRows() };
    });
  }

  write(request: WriterRequest & { readonly kind: 'write' }): Promise<void> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    invariant(this.#write === undefined, 'two batches in flight');
    return new Promise((resolve, reject) => {
      this.#write = { resolve, reject };
      this.#send(request);
    });
  }

  backup(target: string): Promise<StorePosition> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    this.#backupCount += 1;
    const id = this.#backupCount;
    return new Promise((resolve, reject) => {
      this.#backups.set(id, { resolve, reject });
      this.#send({ kind: 'backup', id, target });
    });
  }

  close(): Promise<void> {
    if (this.#dead !== undefined) return Promise.resolve();
    this.#closeAsked = true;
    this.#send({ kind: 'close' });
    return this.#closing.promise;
  }

  /** The thread keeps the process alive only while an answer is due, as pending I/O does. */
  #send(request: WriterRequest): void {
    if (this.#due === 0) this.#worker.ref();
    this.#due += 1;
    this.#worker.postMessage(request);
  }

  #receive(answer: WriterAnswer): void {
    if (answer.kind !== 'refused' && answer.kind !== 'closed') {
      this.#due -= 1;
      if (this.#due === 0) this.#worker.unref();
    }
    switch (answer.kind) {
      case 'chunk':
        this.#load(answer.chunk);
        return;
      case 'opened':
        this.#finishOpening(answer.head);
        return;
      case 'refused':
        this.#refusal = faultFromParts(answer.fault);
        return;
      case 'written':
        this.#takeWrite()?.resolve();
        return;
      case 'failed':
        this.#takeWrite()?.reject(faultFromParts(answer.fault));
        return;
      case 'backed_up':
        this.#takeBackup(answer.id)?.resolve(answer.position);
        return;
      case 'backup_failed':
        this.#takeBackup(answer.id)?.reject(faultFromParts(answer.fault));
        return;
      case 'closed':
        // The thread has let go of the file; its exit follows by itself.
        return;
      default:
        exhaustive(answer);
    }
  }

  /** The next chunk is read meanwhile. */
  #load(chunk: LoadChunk): void {
    if (this.#closeAsked) return;
    this.#send({ kind: 'load_more' });
    try {
      this.#opening?.rows.add(chunk);
    } catch (error) {
      this.#refusal = sqliteFault('load the store', error);
      void this.close();
    }
  }

  #finishOpening(head: MediumHead): void {
    const opening = this.#takeOpening();
    opening?.resolve(opening.rows.image(head));
  }

  #takeOpening(): Opening | undefined {
    const taken = this.#opening;
    this.#opening = undefined;
    return taken;
  }

  #takeWrite(): Waiter<void> | undefined {
    const taken = this.#write;
    this.#write = undefined;
    return taken;
  }

  #takeBackup(id: number): Waiter<StorePosition> | undefined {
    const taken = this.#backups.get(id);
    this.#backups.delete(id);
    return taken;
  }

  #die(cause: unknown): void {
    if (this.#dead !== undefined) return;
    const because = cause instanceof Error ? cause.message : 'it ended';
    const fault = new Fault('store_failed', `Cannot reach the store's writer thread: ${because}`, {
      retry: 'never',
      cause,
    });
    this.#dead = fault;
    if (!this.#closeAsked) this.#broken.abort(fault);
    this.#closing.resolve();
    this.#takeOpening()?.reject(this.#refusal ?? fault);
    this.#takeWrite()?.reject(fault);
    for (const id of [...this.#backups.keys()]) this.#takeBackup(id)?.reject(fault);
  }
}
