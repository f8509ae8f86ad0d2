declare const brand: unique symbol;

/** A nominal type over `T`: values of different brands do not mix by accident, at no cost at run time. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Identity of an instance for its whole life, whatever restarts and moves (a UUIDv7). */
export type Uid = Brand<string, 'Uid'>;

/** Identity of one run of an instance on one node; minted by the agent (a UUIDv7). */
export type IncarnationId = Brand<string, 'IncarnationId'>;

/** Wall-clock time in milliseconds since the Unix epoch. For display and for deadlines on one machine, never compared across machines. */
export type TimeMs = number;

/** Turns checked text into a uid. The caller has validated it. */
export const asUid = (text: string): Uid => text as Uid;

/** Turns checked text into an incarnation id. The caller has validated or minted it. */
export const asIncarnationId = (text: string): IncarnationId => text as IncarnationId;
