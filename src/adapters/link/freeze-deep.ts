const frozen = new WeakSet<object>();

/** Freezes a value of plain objects and arrays to its leaves, once; binary data and functions are left as they are. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (frozen.has(value) || ArrayBuffer.isView(value)) return value;
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== Array.prototype && proto !== null) return value;
  frozen.add(value);
  for (const member of Object.values(value)) freezeDeep(member);
  Object.freeze(value);
  return value;
}
