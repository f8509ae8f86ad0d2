import type { GuestState } from '../../../core/instance/evidence.ts';
import type { VmSpec } from '../../../core/instance/spec.ts';
import type { InstanceRef } from '../../../ports/runtime.ts';
import { createGuestTime } from './fake-guest-time.ts';
import type { FakeWorld } from './fake-world.ts';

/** What the simulated guest prints when it is up, as the real small guest does. */
export const FAKE_READY_TEXT = 'HOLDFAST-GUEST-READY';
/**
 * What a simulated guest does.
 *
 *   frozen ──resume──▶ running ⇄ paused, io_error        reset: boots anew; a paused one is frozen until it is let go, as QEMU has it
 *                        │
 *                        ├─ power button, once booted, or by itself ──▶ powered_off
 *                        └─ by itself ──▶ panicked
 *
 * It boots for a while, prints its line, does what its command line says and writes to its disk. Time passes for it only while it
 * runs. A write for which the host has no room waits, and the guest with it; it is tried again each time the guest is let go.
 */
export interface FakeGuest {
  state(): GuestState;
  /** Booted far enough to hear the power button and to give memory back. */
  isBooted(): boolean;
  /** Let go, not paused, not hung. */
  isExecuting(): boolean;
  resume(): void;
  /** `io_error`: the host has no room for what it writes. */
  pause(as?: 'paused' | 'io_error'): void;
  /** Something for which its disks need more of the host. */
  write(): void;
  reset(): void;
  pressPowerButton(): void;
  stopBecause(state: 'powered_off' | 'panicked'): void;
  type(text: string): void;
  setHung(isHung: boolean): void;
  end(): void;
}

/** A guest that was let go finds out so soon that there still is no room. */
const WRITE_MS = 5;

/** Where its words go, and who hears that its state is another. */
interface GuestEars {
  readonly print: (text: string) => void;
  readonly changed: () => void;
}

export function createFakeGuest(world: FakeWorld, ref: InstanceRef, spec: VmSpec, ears: GuestEars): FakeGuest {
  const { print, changed } = ears;
  let state: GuestState = 'frozen';
  let isBooted = false;
  let isHung = false;
  const runs = (): boolean => state === 'running' && !isHung;
  const time = createGuestTime(world.clock, runs);
  const boot = (): void => {
    time.forget();
    isBooted = false;
    time.later(world.times.bootMs, () => {
      isBooted = true;
      print(`\r\n${FAKE_READY_TEXT} hostname=${ref.name}\r\n`);
      if (spec.cmdline?.includes('holdfast.panic')) guest.stopBecause('panicked');
      if (spec.cmdline?.includes('holdfast.poweroff')) shutDown();
      guest.write();
    });
  };
  const shutDown = (): void => time.later(world.times.shutdownMs, () => guest.stopBecause('powered_off'));
  const guest: FakeGuest = {
    state: () => state,
    isBooted: () => isBooted,
    isExecuting: runs,
    resume() {
      if (state !== 'frozen' && state !== 'paused' && state !== 'io_error') return;
      const before = state;
      state = 'running';
      if (before === 'frozen') boot();
      else time.catchUp();
      if (before === 'io_error' && runs()) time.later(WRITE_MS, guest.write);
      changed();
    },
    pause(as = 'paused') {
      if (state !== 'running') return;
      state = as;
      changed();
    },
    write() {
      if (runs() && world.faults.hasNoRoom()) guest.pause('io_error');
    },
    reset() {
      if (state === 'running') boot();
      if (state === 'paused' || state === 'io_error') {
        time.forget();
        state = 'frozen';
      }
      changed();
    },
    pressPowerButton() {
      if (!isBooted || !runs() || world.faults.ignoresPowerButton(ref.uid)) return;
      print('The system is going down\r\n');
      shutDown();
    },
    stopBecause(next) {
      if (state !== 'running' && state !== 'paused' && state !== 'io_error') return;
      state = next;
      changed();
    },
    type(text) {
      if (isBooted && runs()) print(`${text.trimEnd()}\r\n${answerOfShell(text)}`);
    },
    setHung(value) {
      isHung = value;
      time.catchUp();
    },
    end: () => time.forget(),
  };
  return guest;
}

/** The one command the simulated shell knows: `echo`, with sums. */
function answerOfShell(text: string): string {
  const words = /^echo (.*)$/m.exec(text)?.[1];
  if (words === undefined) return '';
  return `${words.replace(/\$\(\((\d+)\+(\d+)\)\)/g, (_, a: string, b: string) => String(Number(a) + Number(b)))}\r\n`;
}
