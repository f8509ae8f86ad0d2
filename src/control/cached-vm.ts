/**
 * One VM as it is now: a view of it with what is made from it, each when it is first asked for. Identical while nothing about
 * the VM changed, so that its rendered bodies can be kept with it.
 */
import { readVm, type VmReading } from '../core/convergence/reading.ts';
import { type LiveMetrics, renderStatus } from '../core/convergence/render-status.ts';
import type { VmView } from '../core/convergence/vm-view.ts';
import type { Phase } from '../core/instance/phase.ts';
import { secretCloudInit } from '../core/instance/spec.ts';
import type { VmRecord } from '../core/instance/vm-record.ts';
import type { TimeMs } from '../core/kit/brand.ts';
import { renderVmText, type Secrets } from '../wire/manifest/render-vm.ts';

export interface CachedVm {
  readonly record: VmRecord;
  readonly revision: number;
  /** What the reading is made from; costs nothing. */
  readonly view: VmView;
  readonly phase: Phase;
  readonly inSync: boolean;
  /** When time alone makes another reading; null = never. */
  readonly changesAt: TimeMs | null;
  /** Time alone has changed it since its last revision. */
  readonly changedByTime: boolean;
  /** The whole reading. That of a VM nobody asked for lately is made anew: ten thousand kept ones are 40 MB. */
  readonly reading: VmReading;
  /**
   * The document as JSON in UTF-8, kept. `secrets`: with those of cloud-init, for callers who may edit the VM. Bytes, because ten
   * thousand kept texts are 30 MB that every collection of garbage would have to look at.
   */
  body(secrets: boolean): Buffer;
  /** The same as text, and not kept: for the answer to a change, which may well be changed again before anybody else asks. */
  text(secrets: boolean): string;
}

/** A view and when it is read. */
export interface ReadVmParts {
  readonly view: VmView;
  readonly revision: number;
  readonly readAt: TimeMs;
  readonly live: LiveMetrics | null;
}

/** Readings kept: of a burst of changes each is asked for by watchers, tasks and answers within a moment. */
const readingsKept = 256;

/** Makes cached VMs that share what is kept of their readings: that of the VM which was read longest ago is dropped. */
export function createVmReader(): (parts: ReadVmParts) => CachedVm {
  const kept: ReadOnceVm[] = [];
  let next = 0;
  const keep = (vm: ReadOnceVm): void => {
    kept[next]?.dropReading();
    kept[next] = vm;
    next = (next + 1) % readingsKept;
  };
  return (parts) => new ReadOnceVm(parts, keep);
}

/**
 * A class, because there are ten thousand of them: methods of a literal would be closures of each. What a change looks at is
 * kept in it and not behind it: what lies elsewhere in memory of that size is far away.
 */
class ReadOnceVm implements CachedVm {
  readonly record: VmRecord;
  readonly revision: number;
  readonly phase: Phase;
  readonly inSync: boolean;
  readonly changesAt: TimeMs | null;
  readonly changedByTime: boolean;
  readonly #parts: ReadVmParts;
  readonly #keep: (vm: ReadOnceVm) => void;
  #reading: VmReading | null = null;
  #open: Buffer | null = null;
  #closed: Buffer | null = null;

  constructor(parts: ReadVmParts, keep: (vm: ReadOnceVm) => void) {
    this.record = parts.view.record;
    this.revision = parts.revision;
    this.#parts = parts;
    this.#keep = keep;
    const { phase, inSync, changesAt, changedByTime } = this.reading;
    this.phase = phase;
    this.inSync = inSync;
    this.changesAt = changesAt;
    this.changedByTime = changedByTime;
  }

  get view(): VmView {
    return this.#parts.view;
  }

  get reading(): VmReading {
    if (this.#reading !== null) return this.#reading;
    const reading = readVm(this.#parts.view, this.#parts.readAt);
    this.#reading = reading;
    this.#keep(this);
    return reading;
  }

  dropReading(): void {
    this.#reading = null;
  }

  body(secrets: boolean): Buffer {
    const kept = this.#kept(secrets);
    if (kept !== null) return kept;
    const body = bytesOf(this.text(secrets));
    if (secrets || !this.#holdsSecrets()) this.#open = body;
    else this.#closed = body;
    return body;
  }

  text(secrets: boolean): string {
    const kept = this.#kept(secrets);
    if (kept !== null) return kept.toString();
    return this.#render(secrets ? 'shown' : 'hidden');
  }

  #kept(secrets: boolean): Buffer | null {
    return secrets || !this.#holdsSecrets() ? this.#open : this.#closed;
  }

  #render(secrets: Secrets): string {
    const { revision, live } = this.#parts;
    return renderVmText({ record: this.record, revision, secrets, status: renderStatus(this.reading, live) });
  }

  #holdsSecrets(): boolean {
    const { cloudInit } = this.record.spec;
    return cloudInit !== null && secretCloudInit.some((key) => cloudInit[key] !== null);
  }
}

/** Not from the pool of small buffers: one kept body would hold back the memory of its neighbours. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
