/** What the flags of `vm create`, `vm set` and `vm resize` say, as a document of the API. */
import { existsSync } from 'node:fs';
import { Fault } from '../core/kit/fault.ts';
import type { JsonObject } from '../core/kit/json.ts';
import { type FieldWord, setField } from './field-values.ts';
import type { OptionValues } from './option-values.ts';
import { readTextFile } from './read-text.ts';
import { fieldFlags } from './vm-flags.ts';

/** The document that the flags make; only what was given is in it. */
export function documentOfFlags(options: OptionValues): JsonObject {
  let document: JsonObject = {};
  for (const flag of fieldFlags) {
    const text = options.text(flag.name);
    if (text !== undefined) document = setField(document, flag.field, flag.read(text));
  }
  for (const label of options.list('label')) {
    const at = label.indexOf('=');
    if (at <= 0) throw new Fault('usage', `--label is KEY=VALUE, not '${label}'`);
    const other = options.list('label').find((one) => one !== label && one.startsWith(label.slice(0, at + 1)));
    if (other !== undefined) throw new Fault('usage', `--label ${label} and --label ${other} set the same label`);
    document = setField(document, `labels.${label.slice(0, at)}`, label.slice(at + 1));
  }
  return withDevices(withCloudInit(withFormat(document), options), options);
}

/** Which field each flag of the call sets; `image_format`, which the name of an image may state, is none of them. */
export function fieldsOfFlags(options: OptionValues): readonly FieldWord[] {
  const given = [...fieldFlags, ...otherFlags].filter(({ name }) => options.has(name));
  const labels = options
    .list('label')
    .map((label) => ({ path: `labels.${label.split('=')[0]}`, words: `--label ${label}` }));
  return [...given.map(({ name, field }) => ({ path: field, words: `--${name}` })), ...labels];
}

const otherFlags = [
  { name: 'user-data', field: 'cloud_init.user_data' },
  { name: 'ssh-key', field: 'cloud_init.ssh_authorized_keys' },
  { name: 'hostname', field: 'cloud_init.hostname' },
  { name: 'disk', field: 'disks' },
  { name: 'forward', field: 'nics' },
  { name: 'no-nics', field: 'nics' },
  { name: 'stopped', field: 'desired_phase' },
] as const;

/** The format is always stated, never probed; the ending of the name states it where nothing else does. */
function withFormat(document: JsonObject): JsonObject {
  const url = document['image_url'];
  if (typeof url !== 'string' || document['image_format'] !== undefined) return document;
  const ending = /\.(qcow2|raw)$/.exec(url)?.[1];
  return ending === undefined ? document : { ...document, image_format: ending };
}

function withCloudInit(document: JsonObject, options: OptionValues): JsonObject {
  const userData = options.text('user-data');
  const keys = options.list('ssh-key').map(readKey);
  const hostname = options.text('hostname');
  let made = document;
  if (userData !== undefined) made = setField(made, 'cloud_init.user_data', readTextFile(userData));
  if (keys.length > 0) made = setField(made, 'cloud_init.ssh_authorized_keys', keys);
  return hostname === undefined ? made : setField(made, 'cloud_init.hostname', hostname);
}

function readKey(word: string): string {
  if (/^(ssh|ecdsa|sk)-/.test(word)) return word;
  if (existsSync(word) || !/\s/.test(word)) return readTextFile(word).trim();
  throw new Fault('usage', `--ssh-key is a public key, as ssh-ed25519 AAAA…, or a file with it; not '${word}'`);
}

function withDevices(document: JsonObject, options: OptionValues): JsonObject {
  const disks = options.list('disk').map((text) => {
    const match = /^([^:]+):(\d+)$/.exec(text);
    if (match === null) throw new Fault('usage', `--disk is NAME:GIB, not '${text}'`);
    return { name: match[1] ?? '', size_gib: Number(match[2]) };
  });
  const forwards = options.list('forward').map(parseForward);
  if (options.flag('no-nics') && forwards.length > 0) {
    throw new Fault('usage', 'A port forward needs a NIC: give --forward or --no-nics');
  }
  const nics: JsonObject = options.flag('no-nics') ? { nics: [] } : forwards.length > 0 ? { nics: [{ forwards }] } : {};
  return { ...document, ...(disks.length > 0 ? { disks } : {}), ...nics };
}

/** `8080:80`, `127.0.0.1:8080:80`, `5353:53/udp`. */
function parseForward(text: string): JsonObject {
  const match = /^(?:([0-9.]+):)?(\d+):(\d+)(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) throw new Fault('usage', `--forward is [HOST_IP:]HOST_PORT:GUEST_PORT[/udp], not '${text}'`);
  const [, hostIp, hostPort, guestPort, protocol] = match;
  return {
    ...(protocol === undefined ? {} : { protocol }),
    ...(hostIp === undefined ? {} : { host_ip: hostIp }),
    host_port: Number(hostPort),
    guest_port: Number(guestPort),
  };
}
