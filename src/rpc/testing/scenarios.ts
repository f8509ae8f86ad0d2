import {
  callbacks,
  cancellation,
  closedCalls,
  embargo,
  errors,
  pipelining,
  release,
  streaming,
} from './call-scenarios.ts';
import type { Everything$Client } from './generated/everything.ts';
import { promisedParameters, promisedResults } from './promise-scenarios.ts';
import { anyPointers, capabilitiesInStructs, enums, inheritance, largeMessages, values } from './value-scenarios.ts';

/**
 * Conversations with an object of everything.capnp. They hold whoever serves it and whatever lies between: the same
 * list is run against this implementation and against the C++ one.
 */
export type Scenario = {
  readonly name: string;
  /** What it shows, as the end of a test's name. */
  readonly sentence: string;
  readonly run: (root: Everything$Client, random: () => number) => Promise<void>;
};

export const SCENARIOS: readonly Scenario[] = [
  { name: 'values', sentence: 'values of every type, with defaults, groups and unions, come back equal', run: values },
  { name: 'caps', sentence: 'capabilities inside structs and lists come back working', run: capabilitiesInStructs },
  { name: 'enums', sentence: 'an enum value no side knows is kept', run: enums },
  { name: 'any', sentence: 'AnyPointer and generic fields carry text, structs and capabilities', run: anyPointers },
  { name: 'pipeline', sentence: '300 calls at once are pipelined on answers that have not come', run: pipelining },
  { name: 'callbacks', sentence: 'callbacks arrive in order, also after the capability was kept', run: callbacks },
  {
    name: 'embargo',
    sentence: 'calls keep their order over 1,000 interleavings with a capability that comes back',
    run: embargo,
  },
  { name: 'cancel', sentence: '50 calls in flight are canceled by one AbortSignal', run: cancellation },
  { name: 'errors', sentence: 'exceptions of each type and unknown methods arrive as what they are', run: errors },
  {
    name: 'promised parameters',
    sentence: 'a promised capability as parameter is resolved, or broken, later',
    run: promisedParameters,
  },
  {
    name: 'promised results',
    sentence: 'a promised capability in results can be passed on before it resolves',
    run: promisedResults,
  },
  {
    name: 'closed calls',
    sentence: 'calls pipelined on a call that is closed are answered, and what was taken from it lives on',
    run: closedCalls,
  },
  { name: 'stream', sentence: 'a megabyte streams through with flow control', run: streaming },
  { name: 'large', sentence: 'a message of some hundred kilobytes passes', run: largeMessages },
  { name: 'inheritance', sentence: 'methods of parent interfaces can be called', run: inheritance },
  { name: 'release', sentence: '300 objects opened and closed leave nothing behind', run: release },
];
