import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdoptionFacts, decideAdoption } from './decide-adoption.ts';

const nothing: AdoptionFacts = {
  knownAs: null,
  isRemoved: false,
  nameHolder: null,
  portConflict: null,
  offence: null,
};
const decide = (facts: Partial<AdoptionFacts>) => decideAdoption('node-1', 'web-1', { ...nothing, ...facts });

test('decideAdoption() adopts only what nobody knows, has known or would have to make room for (§3)', () => {
  assert.deepEqual(decide({}), { kind: 'adopt' });
  assert.deepEqual(decide({ knownAs: { name: 'web-1', node: 'node-1' } }), { kind: 'assigned' });
  const left: readonly [Partial<AdoptionFacts>, RegExp][] = [
    [{ knownAs: { name: 'web-2', node: 'node-2' } }, /VM "web-2" is it, and is not placed on this node/],
    [{ knownAs: { name: 'web-2', node: null } }, /not placed on this node/],
    [{ isRemoved: true }, /it was deleted/],
    [{ nameHolder: 'another' }, /the name "web-1" is taken/],
    [{ portConflict: { port: 'tcp 127.0.0.1:80', heldBy: 'db' } }, /tcp 127.0.0.1:80 was promised to VM "db"/],
    [{ offence: '$.cpu_cores: at most 256' }, /cannot be declared: \$\.cpu_cores/],
  ];
  for (const [facts, because] of left) {
    const decision = decide(facts);
    assert.equal(decision.kind, 'leave');
    assert.match(decision.kind === 'leave' ? decision.because : '', because);
  }
});
