/** What the integer types of the schema language can hold. What does not fit is refused: it would be sent as another number. */
const RANGES = {
  Int8: [-(2 ** 7), 2 ** 7 - 1],
  UInt8: [0, 2 ** 8 - 1],
  Int16: [-(2 ** 15), 2 ** 15 - 1],
  UInt16: [0, 2 ** 16 - 1],
  Int32: [-(2 ** 31), 2 ** 31 - 1],
  UInt32: [0, 2 ** 32 - 1],
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt64: [0n, 2n ** 64n - 1n],
} as const;

export type IntegerType = keyof typeof RANGES;

/** True for whole numbers of that many bits only: fractions, NaN and what is no number differ from what is left of them. */
export const fitsInt8 = (value: number): boolean => (value << 24) >> 24 === value;
export const fitsUint8 = (value: number): boolean => (value & 0xff) === value;
export const fitsInt16 = (value: number): boolean => (value << 16) >> 16 === value;
export const fitsUint16 = (value: number): boolean => (value & 0xffff) === value;
export const fitsInt32 = (value: number): boolean => (value | 0) === value;
export const fitsUint32 = (value: number): boolean => value >>> 0 === value;
export const fitsInt64 = (value: bigint): boolean => typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
export const fitsUint64 = (value: bigint): boolean => typeof value === 'bigint' && BigInt.asUintN(64, value) === value;

export function doesNotFit(type: IntegerType, value: unknown, where: string): never {
  const [min, max] = RANGES[type];
  const kind = typeof min === 'bigint' ? 'bigint' : 'whole number';
  const said = typeof value === 'bigint' ? `${value}n` : String(value);
  throw new RangeError(`Cannot set ${where} to ${said}: ${type} is a ${kind} from ${min} to ${max}`);
}
