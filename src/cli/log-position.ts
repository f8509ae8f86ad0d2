/**
 * Where in a log a follower is. After each interruption it is given the end of the log anew, the history, and what was taken of it
 * before must be found in there. The log may have grown meanwhile, and its beginning may have been cut off or left out: what
 * tells the place is all that was taken, as far back as the history reaches.
 */
import { skipMarkerPattern } from '../wire/http/log-stream.ts';

export interface LogPosition {
  /** What of this history was not taken yet; it is taken now. Another log than before is new from its first byte. */
  resume(history: Buffer): Buffer;
  /** This came behind what was taken last, and is taken now. */
  follow(chunk: Uint8Array): void;
}

/** As much of what was taken is kept as a history is long at the most. */
const keptBytes = 1024 * 1024;
/** With so much of its end a likely place is found; all that is kept must then agree. */
const markBytes = 4096;

/** `taken` is what of the log needs no taking: all of it up to now, where a tail of it was printed. */
export function createLogPosition(taken: Buffer): LogPosition {
  let kept: Buffer[] = [];
  let length = 0;
  /** Bytes from where the history began up to the end of what was taken. */
  let end = 0;
  const keep = (chunk: Buffer): void => {
    kept.push(chunk);
    length += chunk.length;
    end += chunk.length;
    while (kept[0] !== undefined && length - kept[0].length >= keptBytes) length -= kept.shift()?.length ?? 0;
  };
  keep(taken);
  return {
    follow: (chunk) => keep(Buffer.from(chunk)),
    resume(history) {
      const before = afterSkips(Buffer.concat(kept).subarray(-keptBytes));
      const place = endsAt(history, before, end) ? end : placeOf(history, before);
      kept = [];
      length = 0;
      end = 0;
      keep(history);
      return history.subarray(place);
    },
  };
}

/** Where output was left out, the log has more than was taken: what came after that is all of one piece. */
function afterSkips(taken: Buffer): Buffer {
  const last = [...taken.toString('latin1').matchAll(skipMarkerPattern)].at(-1);
  return last === undefined ? taken : taken.subarray(last.index + last[0].length);
}

/** Where what was taken ends in the history; 0 where it is not in there. The first place that agrees: rather again than never. */
function placeOf(history: Buffer, taken: Buffer): number {
  if (taken.length === 0) return 0;
  const mark = taken.subarray(-markBytes);
  for (let at = history.indexOf(mark); at >= 0; at = history.indexOf(mark, at + 1)) {
    if (endsAt(history, taken, at + mark.length)) return at + mark.length;
  }
  return 0;
}

function endsAt(history: Buffer, taken: Buffer, end: number): boolean {
  const bytes = Math.min(end, taken.length);
  return bytes > 0 && history.length >= end && history.subarray(end - bytes, end).equals(taken.subarray(-bytes));
}
