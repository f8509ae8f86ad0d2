import { Fault } from '../../core/kit/fault.ts';
import type { JsonObject } from '../../core/kit/json.ts';
import type { CommandDefinition } from '../command.ts';
import { documentOfFlags, fieldsOfFlags } from '../document-of-flags.ts';
import { applyAssignment, refuseSetTwice } from '../field-values.ts';
import { readManifests, valuesOf } from '../read-manifests.ts';
import { vmName } from '../select-vms.ts';
import { runTasks, waitOption } from '../verb-command.ts';
import { createOptions } from '../vm-flags.ts';

export const vmCreate: CommandDefinition = {
  arguments: [{ syntax: '[name]', text: 'name; absent: that of the manifest' }],
  options: [
    { flags: '-f, --filename <path>', text: 'manifest to begin with; - is standard input', completes: 'file' },
    ...createOptions,
    { flags: '--set <field=value>', text: 'any other field: --set health_checks:=JSON', repeat: true },
    { flags: '--stopped', text: 'declare it, but do not start it' },
    waitOption,
  ],
  details:
    'Declares one new VM, which starts at once. Flags win over the manifest; a field that a flag and --set both name is refused. A name that exists is refused; apply ' +
    'takes both new and existing ones.',
  examples: [
    {
      line: 'holdfast vm create web-1 --image https://images.example.org/web.qcow2 --memory 1GiB --forward 8080:80 --wait',
      text: 'from a disk image, and follow until it runs',
    },
    {
      line: 'holdfast vm create probe-1 --kernel ./vmlinuz --initrd ./initrd.gz --no-nics',
      text: 'by direct kernel boot',
    },
    { line: 'holdfast vm create web-2 -f web-1.yaml --label app=web', text: 'like another one' },
  ],
  async run(cli, words, options) {
    const file = options.text('filename');
    const manifests = file === undefined ? null : await readManifests(cli.io.stdin, [file]);
    const [base, ...others] = manifests === null ? [{}] : valuesOf(manifests);
    if (others.length > 0)
      throw new Fault('usage', `${file} holds ${others.length + 1} documents; 'holdfast apply -f' takes many`);
    if (!isObject(base)) throw new Fault('usage', `${file} holds no manifest`);
    const named = words[0] === undefined ? [] : [{ path: 'name', words: words[0] }];
    refuseSetTwice([...named, ...fieldsOfFlags(options)], options.list('set'));
    let document: JsonObject = merge(base, documentOfFlags(options));
    for (const word of options.list('set')) document = applyAssignment(document, word);
    if (options.flag('stopped')) document = { ...document, desired_phase: 'stopped' };
    const name = words[0] === undefined ? document['name'] : vmName(words[0]);
    if (typeof name !== 'string') throw new Fault('usage', 'A VM needs a name');
    const body = { api_version: 'holdfast/v1', kind: 'VirtualMachine', ...document, name };
    const headers = { 'idempotency-key': cli.io.uuid() };
    try {
      await runTasks(cli, [name], options, {
        send: () => cli.client().request('POST', '/v1/vms', { body, headers, signal: cli.io.signal }),
      });
    } catch (error) {
      throw manifests === null ? error : manifests.place(error);
    }
    return 0;
  },
};

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Flags over the manifest; objects are merged, so that `--label` adds to the labels of the file. */
function merge(base: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, JsonObject[string]> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = base[key];
    merged[key] = isObject(value) && isObject(before) ? merge(before, value) : value;
  }
  return merged;
}
