/**
 * Sequences to which a terminal types an answer: ENQ, DECID; CSI for its attributes (`c`), status and cursor (`n`), window
 * (`t`), parameters (`x`), modes (`$p`) and keyboard (`?u`); OSC that ends in `?`, for a colour say; DCS for a setting or a
 * capability.
 */
const questions = new RegExp(
  [
    String.raw`\x05|\x1bZ`,
    String.raw`(?:\x1b\[|\xc2\x9b)(?:[0-?]*[cntx]|[0-?]*\$p|\?u)`,
    String.raw`\x1b\][^\x07\x1b]*\?(?:\x07|\x1b\\)`,
    String.raw`\x1bP[$+]q[^\x1b]*\x1b\\`,
  ].join('|'),
  'g',
);

/**
 * What a guest printed in the past, without its questions to the terminal it had then. The one that is shown it now would
 * answer them anew, and its answer would be typed into the guest. Colours and all else stay.
 */
export function withoutQuestions(past: Buffer): Buffer {
  // One character for each byte: no other encoding keeps all of them.
  const text = past.toString('latin1');
  return Buffer.from(text.replace(questions, ''), 'latin1');
}
