/** Sections of a struct: data in bytes (a multiple of 8), pointers in words. */
export class ObjectSize {
  readonly dataBytes: number;
  readonly pointerCount: number;

  constructor(dataBytes: number, pointerCount: number) {
    this.dataBytes = (dataBytes + 7) & ~7;
    this.pointerCount = pointerCount;
  }

  get bytes(): number {
    return this.dataBytes + this.pointerCount * 8;
  }
}

/** Element sizes of a list pointer, by their number on the wire. */
export const SIZE_VOID = 0;
export const SIZE_BIT = 1;
export const SIZE_BYTE = 2;
export const SIZE_TWO_BYTES = 3;
export const SIZE_FOUR_BYTES = 4;
export const SIZE_EIGHT_BYTES = 5;
export const SIZE_POINTER = 6;
export const SIZE_COMPOSITE = 7;

/** Bits of one element, by element size; composite elements say their own size. */
export const ELEMENT_BITS: readonly number[] = [0, 1, 8, 16, 32, 64, 64, 0];
