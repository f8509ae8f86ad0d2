/**
 * Whether the control plane takes over what a node offers (spec §3, unknown instances): a running or stopped VM that no
 * assignment names, with the order it had last. Nothing that the control plane knows, or has known, is changed by an offer.
 */

/** What the control plane knows that may stand against it. */
export interface AdoptionFacts {
  /** The name by which a live record of this uid is known, and the node it is placed on. */
  readonly knownAs: { readonly name: string; readonly node: string | null } | null;
  readonly isRemoved: boolean;
  /** Uid of the VM that has the name. */
  readonly nameHolder: string | null;
  /** A host port it holds that was promised to another VM of the node, as people write it. */
  readonly portConflict: { readonly port: string; readonly heldBy: string } | null;
  /** Why its specification is none that could be declared. */
  readonly offence: string | null;
}

export type AdoptionDecision =
  | { readonly kind: 'adopt' }
  /** It is assigned to this node already; the node has not heard of it yet. */
  | { readonly kind: 'assigned' }
  /** It stays unassigned; `because` finishes "it is not adopted:". */
  | { readonly kind: 'leave'; readonly because: string };

export function decideAdoption(node: string, name: string, facts: AdoptionFacts): AdoptionDecision {
  const { knownAs, isRemoved, nameHolder, portConflict, offence } = facts;
  if (knownAs?.node === node) return { kind: 'assigned' };
  if (knownAs !== null) return leave(`VM "${knownAs.name}" is it, and is not placed on this node`);
  if (isRemoved) return leave('it was deleted');
  if (nameHolder !== null) return leave(`the name "${name}" is taken by another VM`);
  if (portConflict !== null) {
    return leave(`host port ${portConflict.port} was promised to VM "${portConflict.heldBy}"`);
  }
  if (offence !== null) return leave(`its specification cannot be declared: ${offence}`);
  return { kind: 'adopt' };
}

const leave = (because: string): AdoptionDecision => ({ kind: 'leave', because });
