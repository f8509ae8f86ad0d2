import { randomMix } from './random-mix.ts';
import type { Scenario } from './scenario.ts';

/** Every scenario by name. */
export const scenarios: readonly Scenario[] = [randomMix];

export function findScenario(name: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}
