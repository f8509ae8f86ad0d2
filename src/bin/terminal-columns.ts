/** How wide text may be: the width of a terminal, 80 where it does not know its own (it says 0 then), null in a pipe. */
export function terminalColumns(stream: { readonly isTTY?: boolean; readonly columns?: number }): number | null {
  if (stream.isTTY !== true) return null;
  const { columns = 0 } = stream;
  return columns > 0 ? columns : 80;
}
