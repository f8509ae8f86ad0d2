declare const unknownMember: unique symbol;

/**
 * A number that is none of the members this side's schema has: a peer with a newer schema may send one, of an enum or as
 * the member a union holds. It is part of their types, so that a `switch` over all known members is not complete.
 */
export type UnknownMember = number & { readonly [unknownMember]: true };
