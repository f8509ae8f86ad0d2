/** The one place for colour: what a thing means (`Tone`), never which colour it has, is what the rest of the CLI says. */
import pico from 'picocolors';
import type { Phase } from '../core/instance/phase.ts';

export type Tone = 'plain' | 'good' | 'busy' | 'warn' | 'bad' | 'faint' | 'strong' | 'name';

export type Paint = (tone: Tone, text: string) => string;

export function createPaint(coloured: boolean): Paint {
  if (!coloured) return (_tone, text) => text;
  const colours = pico.createColors(true);
  const tones: Readonly<Record<Tone, (text: string) => string>> = {
    plain: (text) => text,
    good: colours.green,
    busy: colours.cyan,
    warn: colours.yellow,
    bad: colours.red,
    faint: colours.dim,
    strong: colours.bold,
    name: colours.bold,
  };
  return (tone, text) => (text === '' ? '' : tones[tone](text));
}

const phaseTones: Readonly<Record<Phase, Tone>> = {
  pending: 'warn',
  creating: 'busy',
  starting: 'busy',
  running: 'good',
  paused: 'warn',
  stopping: 'busy',
  stopped: 'faint',
  migrating: 'busy',
  error: 'bad',
  deleting: 'busy',
  orphaned: 'bad',
  gone: 'faint',
};

/** A phase of a newer server reads as plain. */
export const phaseTone = (phase: string): Tone => (phaseTones as Readonly<Record<string, Tone>>)[phase] ?? 'plain';

const statusTones: Readonly<Record<string, Tone>> = {
  true: 'good',
  false: 'bad',
  unknown: 'faint',
  pending: 'busy',
  running: 'busy',
  success: 'good',
  failed: 'bad',
  cancelled: 'warn',
  superseded: 'faint',
  ready: 'good',
  unreachable: 'bad',
  lost: 'bad',
  removed: 'faint',
};

/** Tone of a task's status, a condition's or a node's. */
export const statusTone = (status: string): Tone => statusTones[status] ?? 'plain';
