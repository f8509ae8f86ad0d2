/** What is printed, as golden files: `node --test render.test.ts --update-golden` writes them anew. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Fault } from '../core/kit/fault.ts';
import { createPaint } from './paint.ts';
import { renderCluster } from './render-cluster.ts';
import { readError, renderError } from './render-error.ts';
import { renderEvents, renderHistory } from './render-events.ts';
import { renderExplain } from './render-explain.ts';
import { type PlanItem, renderApplied, renderDiff, renderPlan } from './render-plan.ts';
import { renderTask, renderTasks } from './render-task.ts';
import { renderVmGet } from './render-vm-get.ts';
import { renderVmList } from './render-vm-list.ts';
import { aNode, anEvent, aStatus, aTask, failedTask } from './testing/documents.ts';
import {
  aVm,
  awaitingRestart,
  failed,
  held,
  lookedAt,
  noRoom,
  pending,
  poweredOff,
  propagating,
  silent,
  staleAndPaused,
} from './testing/vm-documents.ts';
import type { View } from './view.ts';

const pipe: View = { paint: createPaint(false), columns: null, now: lookedAt };
const narrow: View = { paint: createPaint(false), columns: 80, now: lookedAt };
const coloured: View = { paint: createPaint(true), columns: 100, now: lookedAt };

function golden(name: string, cases: Readonly<Record<string, string>>): void {
  const file = new URL(`./golden/${name}.txt`, import.meta.url);
  const text = Object.entries(cases)
    .map(([title, shown]) => `--- ${title}\n${shown.replaceAll('\u001b', '␛')}`)
    .join('\n');
  if (process.argv.includes('--update-golden')) writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'));
}

test('vm get shows desired and observed side by side, what differs and why (spec §11)', () => {
  golden('vm-get', {
    'in sync': renderVmGet(aVm(), pipe),
    propagating: renderVmGet(propagating, pipe),
    'propagating, 80 columns': renderVmGet(propagating, narrow),
    'propagating, coloured': renderVmGet(propagating, coloured),
    error: renderVmGet(failed, pipe),
    pending: renderVmGet(pending, pipe),
    'paused behind our back, stale': renderVmGet(staleAndPaused, pipe),
    'a reboot that waits for a lost file of a disk': renderVmGet(
      aVm({
        run: 2,
        generation: 5,
        status: { drift: [held('disk_files', { root: 'in_place' }, { root: 'gone' }), held('run', 2, 1)] },
      }),
      pipe,
    ),
    'a disk and a NIC that go with the next start, and headroom': renderVmGet(
      aVm({
        cpu_cores_max: 4,
        memory_max_mib: 2048,
        disks: [],
        status: {
          drift: [
            awaitingRestart('disks', [], [{ name: 'data', size_gib: 2, pool: 'default', read_only: true }]),
            awaitingRestart(
              'nics',
              [{ name: 'eth0', network: 'user', mac: '52:54:00:3d:5e:8a', forwards: [] }],
              [
                { name: 'eth0', network: 'user', mac: '52:54:00:3d:5e:8a', forwards: [] },
                {
                  name: 'eth1',
                  network: 'user',
                  mac: '52:54:00:3d:5e:8b',
                  forwards: [{ protocol: 'tcp', host_ip: '127.0.0.1', host_port: 2222, guest_port: 22 }],
                },
              ],
            ),
          ],
        },
      }),
      pipe,
    ),
    'a difference in a field without a line': renderVmGet(
      aVm({
        status: {
          drift: [awaitingRestart('cmdline', 'quiet', 'debug')],
        },
      }),
      pipe,
    ),
  });
});

test('vm list says in one line what is wrong, and cuts only what may be cut', () => {
  const vms = [aVm(), propagating, failed, pending, staleAndPaused, silent, noRoom, poweredOff];
  golden('vm-list', {
    pipe: renderVmList(vms, { wide: false }, pipe),
    wide: renderVmList(vms, { wide: true }, pipe),
    '80 columns': renderVmList(vms, { wide: false }, narrow),
    'wide, 80 columns': renderVmList(vms, { wide: true }, narrow),
    'wide, 120 columns': renderVmList(vms, { wide: true }, { ...pipe, columns: 120 }),
    coloured: renderVmList(vms, { wide: false }, coloured),
  });
});

const items: readonly PlanItem[] = [
  {
    kind: 'VirtualMachine',
    name: 'new-1',
    uid: 'u1',
    action: 'create',
    generation: 1,
    changes: [],
    restarts: false,
    deferred: false,
    task: 't1',
  },
  {
    kind: 'VirtualMachine',
    name: 'web-1',
    uid: 'u2',
    action: 'update',
    generation: 5,
    changes: [
      {
        field: 'labels',
        from: { app: 'web', tier: 'a' },
        to: { app: 'shop', tier: 'a' },
        cost: 'none',
        because: 'not_seen_by_guest',
      },
      { field: 'memory_mib', from: 512, to: 1024, cost: 'restart', because: 'above_headroom' },
    ],
    restarts: true,
    deferred: false,
    task: 't2',
  },
  {
    kind: 'VirtualMachine',
    name: 'db-1',
    uid: 'u3',
    action: 'update',
    generation: 3,
    changes: [
      {
        field: 'image_url',
        from: 'https://a/x',
        to: 'https://a/y',
        cost: 'replace',
        because: 'image_changed',
        destroys: ['root'],
      },
    ],
    restarts: true,
    deferred: false,
    task: 't3',
  },
  {
    kind: 'VirtualMachine',
    name: 'off-1',
    uid: 'u7',
    action: 'update',
    generation: 6,
    changes: [{ field: 'cpu_cores', from: 1, to: 2, cost: 'restart', because: 'headroom_unknown' }],
    restarts: false,
    deferred: false,
    task: 't5',
  },
  {
    kind: 'VirtualMachine',
    name: 'old-1',
    uid: 'u4',
    action: 'delete',
    generation: 9,
    changes: [],
    restarts: false,
    deferred: false,
    task: 't4',
  },
  {
    kind: 'VirtualMachine',
    name: 'spelt-1',
    uid: 'u6',
    action: 'update',
    generation: 4,
    changes: [],
    restarts: false,
    deferred: false,
    task: null,
  },
  {
    kind: 'VirtualMachine',
    name: 'same-1',
    uid: 'u5',
    action: 'unchanged',
    generation: 2,
    changes: [],
    restarts: false,
    deferred: false,
    task: null,
  },
];

test('plan, diff and apply say what changes, what it costs and what is lost (spec §5)', () => {
  golden('plan', {
    plan: renderPlan(items, pipe),
    'plan, coloured': renderPlan(items, coloured),
    diff: renderDiff(items, pipe),
    'diff of nothing': renderDiff(items.slice(6), pipe),
    apply: renderApplied(items, pipe),
  });
});

test('status shows convergence, nodes, instances and gaps (S20)', () => {
  golden('status', {
    'with instances': renderCluster(aStatus, [aVm(), propagating, failed], false, pipe),
    wide: renderCluster(aStatus, null, true, pipe),
    'too many to list': renderCluster(
      { ...aStatus, convergence: { percent: 99, in_sync: 997, total: 1000 } },
      null,
      false,
      pipe,
    ),
    empty: renderCluster(
      { ...aStatus, convergence: { percent: 100, in_sync: 0, total: 0 }, phases: {}, nodes: [], not_in_sync: [] },
      [],
      false,
      pipe,
    ),
    'a lost node': renderCluster(
      {
        ...aStatus,
        nodes: [{ ...aNode, status: { ...aNode.status, health: 'lost', connected: false, unassigned: [] } }],
      },
      null,
      false,
      coloured,
    ),
  });
});

test('tasks, events, history and explanations are told in order', () => {
  const explanation = {
    name: 'web-1',
    uid: 'u',
    phase: 'stopping',
    in_sync: false,
    summary: 'VM "web-1" is stopping, not in sync',
    lines: [
      'Since 09:14:05: ACPI power button sent',
      'memory_mib is 512, wanted 1024: restarting (a change on its way: it needs a restart)',
    ],
    drift: [],
    node: 'node-1',
  };
  const nodeReady = { resource: null, node: 'node-1', by: 'node:node-1', code: 'node_ready' };
  const twoEvents = [anEvent, { ...anEvent, ...nodeReady, message: 'Node node-1 is ready' }];
  const aHistory = {
    name: 'web-1',
    uid: 'u',
    failures: [
      { code: 'hypervisor_exited', message: 'Killed by signal 9', at: '2026-03-02T09:14:07.310Z' },
      {
        ...{ code: 'image_unavailable', message: 'Cannot fetch it', at: '2026-03-01T20:14:07.310Z' },
        ...{ times: 158, last_at: '2026-03-02T09:14:08.310Z' },
      },
    ],
    events: [anEvent],
  };
  golden('others', {
    tasks: renderTasks([aTask(), failedTask], { wide: false }, pipe),
    'tasks wide': renderTasks([aTask(), failedTask], { wide: true }, pipe),
    task: renderTask(aTask(), pipe),
    'failed task': renderTask(failedTask, pipe),
    events: renderEvents(twoEvents, { wide: false }, pipe),
    'events wide': renderEvents(twoEvents, { wide: true }, pipe),
    history: renderHistory(aHistory, { wide: false }, pipe),
    'history wide': renderHistory(aHistory, { wide: true }, pipe),
    'empty history': renderHistory({ name: 'web-1', uid: 'u', failures: [], events: [] }, { wide: false }, pipe),
    explain: renderExplain(explanation, narrow),
  });
});

test('where the word that was meant is known, dozens of others are not told beside it', () => {
  const known = Array.from({ length: 40 }, (_, at) => `field_${at}`);
  const told = (message: string): string => {
    const offences = [{ path: '$.memory', message, got: 512, expected: known }];
    return renderError(readError(new Fault('validation_failed', 'It has 1 offence', { details: { offences } })), pipe);
  };
  assert.doesNotMatch(told("Unknown field; did you mean 'memory_mib'?"), /field_1\b/);
  assert.match(told('Unknown field'), /field_1\b/);
});

test('an error says what failed, each offence with got and expected, and what to do next (S1b)', () => {
  const offences = [
    {
      document: 0,
      path: '$.memory_mib',
      code: 'wrong_type',
      message: 'memory_mib is a whole number of MiB, not text (web.yaml:7)',
      got: '512M',
      expected: 'integer 32..4194304',
    },
    {
      document: 0,
      path: '$.nics[0].forward',
      code: 'unknown_field',
      message: "Unknown field; did you mean 'forwards'?",
      got: [{ host_port: 8080 }],
      expected: ['name', 'network', 'mac', 'forwards'],
    },
    { document: 0, path: '$.name', code: 'missing', message: 'A VM needs a name', got: null, expected: null },
  ];
  const cases = {
    offences: new Fault('validation_failed', 'VirtualMachine "Web_1" has 3 offences; nothing was changed', {
      details: { request_id: 'r', offences, status: 422 },
    }),
    'restart required': new Fault('restart_required', 'Cannot resize VM "web-1" in place', {
      details: {
        changes: [{ field: 'memory_mib', from: 512, to: 1024, cost: 'restart' }],
        next_action: 'Repeat with on_restart=restart',
      },
    }),
    'facts of a code': new Fault('relist_required', 'Cannot resume the watch', {
      details: { oldest_revision: 40021, epoch: 1 },
    }),
    'no room': new Fault('insufficient_resources', 'Cannot give VM "web-1" 1 cpu core more', {
      details: {
        node: 'node-1',
        names: ['web-1'],
        free: { cpu_cores: 0, memory_mib: 340 },
        next_action: 'Ask for less',
      },
    }),
    'no fault of ours': new Error('something broke'),
    'escape sequences': new Fault('not_found', 'VM "\u001b[2Jx\u0007" does not exist'),
  };
  golden(
    'errors',
    Object.fromEntries(Object.entries(cases).map(([title, error]) => [title, renderError(readError(error), narrow)])),
  );
});
