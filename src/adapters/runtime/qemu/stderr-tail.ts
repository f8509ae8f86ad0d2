import { join } from 'node:path';
import type { IncarnationRef } from '../../../ports/runtime.ts';
import { boundInPlace, readTailBytes } from './console-log.ts';
import type { QemuContext } from './context.ts';
import { FILES } from './layout.ts';
import { scrub } from './scrub.ts';

const TAIL_BYTES = 4_096;
const TAIL_LINES = 20;

/** What a process says while it lives is of no use beyond this: QEMU repeats some warnings for as long as a guest provokes them. */
const BOUND_BYTES = 2 ** 20;

const stderrFile = (context: QemuContext, ref: IncarnationRef): string =>
  join(context.layout.incarnation(ref), FILES.stderr);

/** A process that goes on complaining does not fill the disk. */
export function boundStderr(context: QemuContext, ref: IncarnationRef): void {
  try {
    boundInPlace(stderrFile(context, ref), BOUND_BYTES, TAIL_BYTES);
  } catch (error) {
    context.log.warn('the messages of a hypervisor could not be cut', { uid: ref.uid, message: String(error) });
  }
}

/** The last words of a process, at most 20 lines, scrubbed (spec S7). */
export function readTail(context: QemuContext, ref: IncarnationRef): readonly string[] {
  const text = readTailBytes(stderrFile(context, ref), TAIL_BYTES).toString('utf8');
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
