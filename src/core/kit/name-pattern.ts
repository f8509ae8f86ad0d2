/** Names of instances and nodes (spec §2): both are fit for host names. */
export const namePattern = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
