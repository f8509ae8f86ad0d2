import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NicSpec, VmSpec } from '../instance/spec.ts';
import { aSpec } from '../instance/testing/builders.ts';
import { decidePlacement, type PlacementNode } from './decide-placement.ts';
import { type HostPort, portsClash } from './host-ports.ts';
import { allocatableOf, defaultCapacityLimits, minus, type Resources, shortageOf } from './resources.ts';

const goldenFile = new URL('./golden/placement.txt', import.meta.url);

interface NodeFields extends Partial<Omit<PlacementNode, 'hasPort'>> {
  readonly ports?: readonly HostPort[];
}

const aNode = ({ ports = [], ...fields }: NodeFields = {}): PlacementNode => ({
  name: 'node-1',
  health: 'ready',
  labels: {},
  instances: 0,
  free: { cpuCores: 8, memoryMib: 4096 },
  hasPort: (port) => ports.some((held) => portsClash(held, port)),
  ...fields,
});

const forwarding = (hostIp: string, hostPort: number, protocol: 'tcp' | 'udp' = 'tcp'): readonly NicSpec[] => [
  {
    name: 'eth0',
    network: 'user',
    mac: '52:54:00:00:00:01',
    forwards: [{ protocol, hostIp, hostPort, guestPort: 80 }],
  },
];
const placement = (fields: Partial<VmSpec['placement']>) => ({ placement: { ...aSpec().placement, ...fields } });
const web: HostPort = { protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080 };
const everywhere: HostPort = { ...web, hostIp: '0.0.0.0' };

const cases: readonly (readonly [name: string, spec: Partial<VmSpec>, nodes: readonly PlacementNode[]])[] = [
  ['no node', {}, []],
  ['one node', {}, [aNode()]],
  ['the named node', placement({ node: 'node-2' }), [aNode(), aNode({ name: 'node-2', instances: 9 })]],
  ['a named node that is not there', placement({ node: 'node-3' }), [aNode()]],
  ['a named node that is stale', placement({ node: 'node-1' }), [aNode({ health: 'stale' })]],
  ['only lost nodes', {}, [aNode({ health: 'lost' }), aNode({ name: 'node-2', health: 'unreachable' })]],
  ['labels that no node has', placement({ selector: { disk: 'ssd' } }), [aNode({ labels: { disk: 'hdd' } })]],
  [
    'preferred labels before emptiness',
    placement({ preferred: { disk: 'ssd' } }),
    [aNode(), aNode({ name: 'node-2', labels: { disk: 'ssd' }, instances: 5 })],
  ],
  ['the emptiest node', {}, [aNode({ instances: 2 }), aNode({ name: 'node-2', instances: 1 })]],
  ['the same port on the same address', { nics: forwarding('127.0.0.1', 8080) }, [aNode({ ports: [web] })]],
  ['a port of every address, held on one', { nics: forwarding('0.0.0.0', 8080) }, [aNode({ ports: [web] })]],
  ['a port of one address, held on every', { nics: forwarding('127.0.0.1', 8080) }, [aNode({ ports: [everywhere] })]],
  ['a port of another address', { nics: forwarding('127.0.0.2', 8080) }, [aNode({ ports: [web] })]],
  ['a port of another protocol', { nics: forwarding('127.0.0.1', 8080, 'udp') }, [aNode({ ports: [web] })]],
  ['a port that the node chooses', { nics: forwarding('127.0.0.1', 0) }, [aNode({ ports: [everywhere] })]],
  [
    'a port that is free on another node',
    { nics: forwarding('127.0.0.1', 8080) },
    [aNode({ ports: [web] }), aNode({ name: 'node-2', instances: 7 })],
  ],
  ['the last memory', { memoryMib: 4032 }, [aNode()]],
  ['one MiB too much', { memoryMib: 4033 }, [aNode()]],
  ['the last core', { cpuCores: 8 }, [aNode()]],
  ['one core too much', { cpuCores: 9 }, [aNode()]],
  [
    'short of both, on two nodes',
    { cpuCores: 16, memoryMib: 8192 },
    [aNode(), aNode({ name: 'node-2', free: { cpuCores: 2, memoryMib: 6144 } })],
  ],
  [
    'room on the fuller node only',
    { memoryMib: 2048 },
    [aNode({ free: { cpuCores: 8, memoryMib: 1024 } }), aNode({ name: 'node-2', instances: 30 })],
  ],
  ['a node that was promised more than it has', {}, [aNode({ free: { cpuCores: -2, memoryMib: -512 } })]],
];

test('decidePlacement() gives the golden answer for every reason to place and to wait', () => {
  const text = cases
    .map(([name, fields, nodes]) => {
      const decision = decidePlacement(aSpec(fields), nodes, defaultCapacityLimits);
      if (decision.kind === 'place') return `${name}\n  place on ${decision.node}\n`;
      const details = decision.details === undefined ? '' : `  ${JSON.stringify(decision.details)}\n`;
      return `${name}\n  ${decision.code}: ${decision.message}\n${details}`;
    })
    .join('');
  if (process.argv.includes('--update-golden')) writeFileSync(goldenFile, text);
  assert.equal(text, readFileSync(goldenFile, 'utf8'));
});

const amounts = fc.record({ cpuCores: fc.integer({ min: 1, max: 32 }), memoryMib: fc.integer({ min: 32, max: 8192 }) });

test('decidePlacement() never promises more than a node has, whatever the order of the nodes (S14, §8)', () => {
  fc.assert(
    fc.property(amounts, fc.uniqueArray(amounts, { maxLength: 5 }), (asked, frees) => {
      const nodes = frees.map((free, at) => aNode({ name: `node-${at}`, free }));
      const decision = decidePlacement(aSpec(asked), nodes, defaultCapacityLimits);
      assert.deepEqual(decidePlacement(aSpec(asked), nodes.toReversed(), defaultCapacityLimits), decision);
      const chosen = decision.kind === 'place' ? nodes.find(({ name }) => name === decision.node) : undefined;
      const fits = (free: Resources) => asked.memoryMib + 64 <= free.memoryMib && asked.cpuCores <= free.cpuCores;
      assert.equal(
        decision.kind === 'place',
        nodes.some(({ free }) => fits(free)),
      );
      if (chosen !== undefined) assert.ok(fits(chosen.free));
    }),
  );
});

test('20 VMs with the default memory fit on a host of 2 cores and 24 GiB by the default limits', () => {
  const limits = defaultCapacityLimits;
  let free = allocatableOf({ cpuCores: 2, memoryMib: 24 * 1024 }, limits);
  for (let placed = 0; placed < 20; placed += 1) {
    const decision = decidePlacement(aSpec({ memoryMib: 512 }), [aNode({ free })], limits);
    assert.equal(decision.kind, 'place');
    free = minus(free, { cpuCores: 1, memoryMib: 512 + limits.vmOverhead.memoryMib });
  }
});

test('allocatableOf() takes the reserve off before it multiplies, and is never below zero', () => {
  const limits = { ...defaultCapacityLimits, memoryOvercommit: 1.5, hostReserve: { cpuCores: 1, memoryMib: 1024 } };
  assert.deepEqual(allocatableOf({ cpuCores: 4, memoryMib: 4097 }, limits), { cpuCores: 48, memoryMib: 4609 });
  assert.deepEqual(allocatableOf({ cpuCores: 1, memoryMib: 512 }, limits), { cpuCores: 0, memoryMib: 0 });
});

test('shortageOf() asks nothing of a node for what is given back, even where it is promised out', () => {
  assert.equal(shortageOf({ cpuCores: -1, memoryMib: 0 }, { cpuCores: -5, memoryMib: -5 }), null);
  assert.deepEqual(shortageOf({ cpuCores: -1, memoryMib: 10 }, { cpuCores: -5, memoryMib: 4 }), {
    cpuCores: 0,
    memoryMib: 6,
  });
});
