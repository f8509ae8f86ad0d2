import { BrokenHook } from './broken-hook.ts';
import { Capability, type ClientClass, type ClientHolder } from './capability.ts';
import { PromiseHook } from './promise-hook.ts';

/** A capability that is not known yet, and what settles it. */
export type PromisedClient<C> = {
  /** Usable at once, also as a parameter or result: calls wait in order until it is settled. Close it when done. */
  readonly client: C;
  /** Says what it is; the caller keeps its own reference. */
  readonly resolve: (client: C) => void;
  /** Every call, waiting or later, fails with this error. */
  readonly reject: (error: unknown) => void;
};

/** Makes a promise of a capability. */
export function promisedClient<C extends ClientHolder>(interfaceClass: {
  readonly Client: ClientClass<C>;
}): PromisedClient<C> {
  const hook = new PromiseHook();
  return {
    client: new interfaceClass.Client(new Capability(hook)),
    resolve: (client) => {
      const { hook: target } = client.client;
      target.addRef();
      hook.settle(target);
    },
    reject: (error) => hook.settle(new BrokenHook(error)),
  };
}
