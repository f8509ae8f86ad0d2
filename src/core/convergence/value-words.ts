/** A value of a document in words, for sentences and tables: a list of disks is no place for JSON. */
import type { Json, JsonObject } from '../kit/json.ts';

/** `data 2 GiB and logs 1 GiB`, `none`; what has no words of its own stays JSON. */
export function valueWords(value: Json): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return joinWords(value.map(valueWords));
  if (typeof value === 'object') return deviceWords(value as JsonObject) ?? JSON.stringify(value);
  return JSON.stringify(value);
}

function joinWords(words: readonly string[]): string {
  if (words.length === 0) return 'none';
  const last = words.at(-1) ?? '';
  return words.length === 1 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

function deviceWords(value: JsonObject): string | null {
  if (has(value, 'name', 'size_gib')) return diskWords(value);
  if (has(value, 'name', 'network')) return `${value['name']} (${nicWords(value)})`;
  return has(value, 'host_port', 'guest_port') ? forwardWords(value) : null;
}

const has = (value: JsonObject, ...fields: readonly string[]): boolean =>
  fields.every((field) => Object.hasOwn(value, field));

/** A disk, with what is not as usual about it. */
function diskWords({ name, size_gib, pool, ephemeral, read_only }: JsonObject): string {
  const unusual = [
    ...(pool === undefined || pool === 'default' ? [] : [`pool ${pool}`]),
    ...(ephemeral === true ? ['ephemeral'] : []),
    ...(read_only === true ? ['read-only'] : []),
  ];
  return `${name} ${size_gib} GiB${unusual.length === 0 ? '' : ` (${unusual.join(', ')})`}`;
}

/** What a NIC is beside its name: `user, tcp 127.0.0.1:8080→80`. */
export function nicWords({ network, forwards }: JsonObject): string {
  const list = Array.isArray(forwards) ? forwards.map((forward) => forwardWords(forward as JsonObject)) : [];
  return [network, ...list].join(', ');
}

/** `*` is the port that the node chooses. */
function forwardWords({ protocol, host_ip, host_port, guest_port }: JsonObject): string {
  return `${protocol ?? 'tcp'} ${host_ip ?? '127.0.0.1'}:${host_port === 0 ? '*' : host_port}→${guest_port}`;
}
