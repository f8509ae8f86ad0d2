import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { aSpec } from '../../core/instance/testing/builders.ts';
import { decodeVmSpec } from './vm-spec-json.ts';

/** Whether V8 holds its members at places that its shape names, not in a table of its own. */
function hasFastProperties(value: object): boolean {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return new Function('value', 'return %HasFastProperties(value)')(value) === true;
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

test('a specification that was read is no hash table: those of ten thousand VMs would take several times the memory', () => {
  const spec = aSpec();
  const read = decodeVmSpec(JSON.parse(JSON.stringify(spec)), '');
  assert.deepEqual(read, spec);
  assert.equal(hasFastProperties(read), true);
});
