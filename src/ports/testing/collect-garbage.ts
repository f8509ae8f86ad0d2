import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from './control-link-samples.ts';

/** How many of these objects are still there after one collection of garbage, once what was asked for before has been done. */
export async function survivors(objects: readonly WeakRef<object>[]): Promise<number> {
  // What was looked at through a WeakRef lives to the end of the turn.
  let turns = 0;
  await until(() => {
    turns += 1;
    return turns > 10;
  });
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return objects.filter((one) => one.deref() !== undefined).length;
}
