/** Names of instances and nodes (spec §2): both are fit for host names. */
export const namePattern = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The pattern in words, for whoever broke it. */
export const nameRule =
  "A name starts with a lower-case letter and holds a-z, 0-9 and '-', at most 63, not ending with '-'";
