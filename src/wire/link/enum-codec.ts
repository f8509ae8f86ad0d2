/**
 * One table for both directions of an enum: every member of the domain has a number on the wire (the compiler proves it),
 * and a number without a member is given back as undefined for the reader to decide.
 */
export interface EnumCodec<Name extends string, Wire extends number> {
  toWire(name: Name): Wire;
  fromWire(value: number): Name | undefined;
}

export function enumCodec<Name extends string, Wire extends number>(
  table: Readonly<Record<Name, Wire>>,
): EnumCodec<Name, Wire> {
  const names = new Map<number, Name>();
  // The first name of a number is what it reads as; others are told as it (S33).
  for (const name of Object.keys(table) as Name[]) if (!names.has(table[name])) names.set(table[name], name);
  return { toWire: (name) => table[name], fromWire: (value) => names.get(value) };
}
