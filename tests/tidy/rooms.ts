/** The import table of ARCHITECTURE.md as data: which room may import which. */

/** Longest prefix wins; a room may always import itself. `*` = anything. */
export const rooms: readonly {
  readonly room: string;
  readonly mayImport: readonly string[];
  readonly bare: readonly string[] | '*';
}[] = [
  { room: 'src/core', mayImport: [], bare: [] },
  { room: 'src/ports', mayImport: ['src/core'], bare: [] },
  { room: 'src/rpc', mayImport: [], bare: '*' },
  { room: 'src/wire', mayImport: ['src/core'], bare: '*' },
  { room: 'src/adapters/store', mayImport: ['src/core', 'src/ports', 'src/wire'], bare: '*' },
  { room: 'src/adapters/host', mayImport: ['src/core', 'src/ports', 'src/wire'], bare: '*' },
  { room: 'src/adapters/images', mayImport: ['src/core', 'src/ports', 'src/wire'], bare: '*' },
  { room: 'src/adapters/link', mayImport: ['src/core', 'src/ports', 'src/wire', 'src/rpc'], bare: '*' },
  { room: 'src/adapters/log', mayImport: ['src/core', 'src/ports'], bare: '*' },
  { room: 'src/adapters/runtime', mayImport: ['src/core', 'src/ports', 'src/wire'], bare: '*' },
  { room: 'src/control', mayImport: ['src/core', 'src/ports', 'src/wire'], bare: '*' },
  { room: 'src/agent', mayImport: ['src/core', 'src/ports', 'src/wire'], bare: [] },
  { room: 'src/client', mayImport: ['src/core', 'src/wire'], bare: '*' },
  { room: 'src/cli', mayImport: ['src/core', 'src/wire', 'src/client'], bare: '*' },
  {
    room: 'src/sim',
    mayImport: [
      'src/core',
      'src/ports',
      'src/wire',
      'src/control',
      'src/agent',
      'src/adapters/store/memory',
      'src/adapters/images/memory',
      'src/adapters/link/loopback',
      'src/adapters/runtime/fake',
    ],
    bare: '*',
  },
  {
    room: 'src/bin',
    mayImport: [
      'src/core',
      'src/ports',
      'src/wire',
      'src/rpc',
      'src/adapters',
      'src/control',
      'src/agent',
      'src/client',
      'src/cli',
    ],
    bare: '*',
  },
];

/** Rooms whose shells run in the simulator: time, chance and the process come in as ports (rule 7). */
export const deterministicRooms = [
  'src/core',
  'src/ports',
  'src/wire',
  'src/control',
  'src/agent',
  'src/client',
  'src/cli',
  'src/sim',
];

/** Calls that leak real time, chance or process state, with what to use instead. */
export const bannedCalls: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bDate\.now\(/, instead: 'clock.now()' },
  { pattern: /\bnew Date\(\)/, instead: 'new Date(clock.now())' },
  { pattern: /\bMath\.random\(/, instead: 'random.next()' },
  { pattern: /\b(setTimeout|setInterval|setImmediate)\(/, instead: 'clock.sleep() or clock.timeout()' },
  { pattern: /\bAbortSignal\.timeout\(/, instead: 'clock.timeout()' },
  { pattern: /\bperformance\.now\(/, instead: 'clock.bootMs()' },
  { pattern: /\bprocess\.hrtime/, instead: 'clock.bootMs()' },
  { pattern: /\bprocess\.env\b/, instead: 'a config value handed in by src/bin' },
  { pattern: /\bcrypto\.subtle\b/, instead: 'createHash of node:crypto' },
  { pattern: /\brandomUUID\(|\brandomBytes\(/, instead: 'random.uuid() or random.hex()' },
];

/** The room a path is in; undefined for what is no room (tests, scripts, benchmarks). */
export function roomOf(path: string): string | undefined {
  return rooms
    .map(({ room }) => room)
    .filter((room) => path.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}
