import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VmRecord } from '../../core/instance/vm-record.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import { parseDocuments } from '../../wire/manifest/parse-documents.ts';
import type { CachedVm } from '../cached-vm.ts';
import { manifestText } from './manifest-view.ts';

/** Only what the view reads of a VM. */
function vmWith(declared: JsonObject, desiredPhase: VmRecord['desiredPhase'] = 'running'): CachedVm {
  return { record: { declared, desiredPhase } as unknown as VmRecord } as CachedVm;
}

function readBack(text: string): unknown {
  const parsed = parseDocuments(text);
  assert.ok(parsed.ok);
  return parsed.documents[0]?.value;
}

const identity = { api_version: 'holdfast/v1', kind: 'VirtualMachine' };

test('a manifest holds exactly the fields a user set (spec §5)', () => {
  const declared = { name: 'web-1', labels: { version: '1.10', on: 'yes' }, cmdline: 'a: b #c', memory_mib: 128 };
  assert.deepEqual(readBack(manifestText(vmWith(declared), true)), { ...identity, ...declared });
});

test('a phase that was declared follows the verbs since, one that was not stays unsaid', () => {
  const declared = { name: 'web-1', desired_phase: 'running' };
  assert.deepEqual(readBack(manifestText(vmWith(declared, 'stopped'), true)), {
    ...identity,
    name: 'web-1',
    desired_phase: 'stopped',
  });
  assert.deepEqual(readBack(manifestText(vmWith({ name: 'web-1' }, 'stopped'), true)), { ...identity, name: 'web-1' });
});

test('secrets of cloud-init are their sha256 for those who may not edit (spec §5)', () => {
  const declared = { name: 'web-1', cloud_init: { user_data: 'secret', network_config: 'secret too', hostname: 'h' } };
  const hidden = manifestText(vmWith(declared), false);
  assert.ok(!hidden.includes('secret'));
  assert.match(hidden, /user_data: sha256:[0-9a-f]{64}/);
  assert.match(hidden, /network_config: sha256:[0-9a-f]{64}/);
  assert.deepEqual(readBack(manifestText(vmWith(declared), true)), { ...identity, ...declared });
  const open = { name: 'web-1', cloud_init: { hostname: 'h' } };
  assert.deepEqual(readBack(manifestText(vmWith(open), false)), { ...identity, ...open });
});
