/** What a node may be called: as an instance, so that both are fit for host names. */
export const nodeNamePattern = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
