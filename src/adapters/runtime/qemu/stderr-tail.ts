import { join } from 'node:path';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { readTailBytes } from './console-log.ts';
import type { QemuContext } from './context.ts';
import { FILES } from './layout.ts';
import { scrub } from './scrub.ts';

const TAIL_BYTES = 4_096;
const TAIL_LINES = 20;

/** The last words of a process, at most 20 lines, scrubbed (spec S7). */
export function readTail(context: QemuContext, ref: IncarnationRef): readonly string[] {
  const text = readTailBytes(join(context.layout.incarnation(ref), FILES.stderr), TAIL_BYTES).toString('utf8');
  const rules = {
    instanceDir: context.layout.instance(ref.uid),
    imagesDir: context.imagesDir,
    runDir: context.layout.root,
  };
  return scrub(text, rules)
    .split('\n')
    .filter((line) => line !== '')
    .slice(-TAIL_LINES);
}
