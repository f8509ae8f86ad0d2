/**
 * Takes real time, timers and chance away from the whole process: whatever reaches for them in a simulation fails loudly
 * instead of making a history that cannot be repeated. Imports of `node:timers` and the like are for the tidy test to find.
 */
export function poisonGlobals(): void {
  const poison = (name: string) => (): never => {
    throw new Error(`${name} was called in a simulation: time and chance come in as ports`);
  };
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct(target, args) {
      if (args.length === 0) poison('new Date()')();
      return Reflect.construct(target, args);
    },
    apply: poison('Date()'),
    get: (target, key) => (key === 'now' ? poison('Date.now') : Reflect.get(target, key)),
  });
  Math.random = poison('Math.random');
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const) {
    Object.defineProperty(globalThis, name, { value: poison(name), configurable: true, writable: true });
  }
  performance.now = poison('performance.now');
  process.hrtime = Object.assign(poison('process.hrtime'), { bigint: poison('process.hrtime.bigint') });
  AbortSignal.timeout = poison('AbortSignal.timeout');
  for (const name of ['randomUUID', 'getRandomValues', 'subtle'] as const) {
    Object.defineProperty(globalThis.crypto, name, { get: poison(`crypto.${name}`), configurable: true });
  }
}
