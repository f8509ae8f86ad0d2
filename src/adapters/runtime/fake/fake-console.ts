import { Fault } from '../../../core/kit/fault.ts';
import type { ConsoleAttachment, IncarnationRef } from '../../../ports/runtime.ts';
import { createViewer, type OnData } from '../console-viewer.ts';
import { type FakeContext, liveProcessOf } from './fake-context.ts';

/** Opens a viewer of the simulated serial line, with the skipping of the real one. */
export async function attachFakeConsole(
  context: FakeContext,
  ref: IncarnationRef,
  scrollbackBytes: number,
  onData: OnData,
  onClose: () => void,
): Promise<ConsoleAttachment> {
  const vm = liveProcessOf(context, ref)?.vm;
  if (vm === undefined) throw new Fault('not_running', `VM "${ref.name}" has no running process`);
  const viewer = createViewer(onData, onClose);
  const history = Buffer.from(scrollbackBytes > 0 ? vm.files.log.slice(-scrollbackBytes) : '');
  if (history.length > 0) viewer.push(history);
  vm.viewers.add(viewer);
  return {
    historyBytes: history.length,
    write: (data) => vm.type(Buffer.from(data).toString()),
    close() {
      if (vm.viewers.delete(viewer)) viewer.end();
    },
  };
}
