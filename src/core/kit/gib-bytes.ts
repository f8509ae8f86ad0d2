/** Bytes of one GiB. */
export const gibBytes = 2 ** 30;
