/**
 * What is told now, but not from within something else that is told. One settled call may settle the next, and that
 * one the next: followed from each to the next inside of it, a long row of them would fill the stack.
 */
const waiting: (() => void)[] = [];
let telling = false;

/** Runs `tell`: at once, or, from within another one, when that has ended. In order in any case. */
export function inTurn(tell: () => void): void {
  waiting.push(tell);
  if (!telling) tellAll();
}

function tellAll(): void {
  telling = true;
  let told = 0;
  try {
    while (told < waiting.length) waiting[told++]?.();
  } finally {
    waiting.splice(0, told);
    telling = false;
    // One that threw must not keep back those behind it, which may be of other connections.
    if (waiting.length > 0) tellAll();
  }
}
