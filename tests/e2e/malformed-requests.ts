/** Requests and manifests that must be refused, each with what the refusal must say. */
import { aGuest } from './cluster.ts';

export interface BadRequest {
  readonly what: string;
  readonly method?: string;
  readonly url?: string;
  /** Text is sent as it is. */
  readonly body?: unknown;
  readonly mediaType?: string;
  /** Length that the head of the request states; the answer must come without the body. */
  readonly declaredBytes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: string;
  /** Path of an offence that must be told. */
  readonly path?: string;
  /** Something that the whole answer must say. */
  readonly says?: RegExp;
}

const refused = (what: string, body: unknown, path: string, says?: RegExp): BadRequest => {
  const request = { what, body, path, status: 422, code: 'validation_failed' };
  return says === undefined ? request : { ...request, says };
};
const twoDisks = [
  { name: 'd', size_gib: 1 },
  { name: 'd', size_gib: 2 },
];

export const badRequests: readonly BadRequest[] = [
  refused('memory as text', aGuest('bad', { memory_mib: '512M' }), '$.memory_mib'),
  refused('a huge number', aGuest('bad', { memory_mib: 1e300 }), '$.memory_mib'),
  refused('a number beyond 2^53', '{"name":"bad","kernel":"file:///k","cpu_cores":9007199254740993}', '$.cpu_cores'),
  refused('unknown field', aGuest('bad', { memory_mb: 512 }), '$.memory_mb', /memory_mib/),
  refused('unknown field deep down', aGuest('bad', { nics: [{ forward: [] }] }), '$.nics[0].forward', /forwards/),
  refused('path traversal in the name', aGuest('../../etc/cron.d/x'), '$.name'),
  refused('comma in the name', aGuest('a,readonly=off'), '$.name'),
  refused('path for a URL', aGuest('bad', { kernel: '/etc/shadow' }), '$.kernel', /file:\/\/\//),
  refused('relative file URL', aGuest('bad', { kernel: 'file:../../etc/shadow' }), '$.kernel'),
  refused('another scheme', aGuest('bad', { initrd: 'ftp://x.example/i' }), '$.initrd'),
  refused('password in a URL', aGuest('bad', { kernel: 'https://u:hunter2@x.example/k' }), '$.kernel'),
  refused('comma in a disk name', aGuest('bad', { disks: [{ name: 'd,file=/x', size_gib: 1 }] }), '$.disks[0].name'),
  refused('two disks of one name', aGuest('bad', { disks: twoDisks }), '$.disks[1].name'),
  refused('newline in cmdline', aGuest('bad', { cmdline: 'quiet\ninit=/bin/sh' }), '$.cmdline'),
  refused('NUL in the description', aGuest('bad', { description: 'a\u0000b' }), '$.description'),
  refused('bad label', aGuest('bad', { labels: { 'a b': 'c' } }), '$.labels["a b"]'),
  refused('label value with a newline', aGuest('bad', { labels: { a: 'b\nc' } }), '$.labels.a'),
  refused('wrong sha256', aGuest('bad', { kernel_sha256: 'abc' }), '$.kernel_sha256'),
  refused('bad MAC', aGuest('bad', { nics: [{ mac: 'aa:bb,fd=3' }] }), '$.nics[0].mac'),
  refused('no name, no kernel', {}, '$.name'),
  refused('image without format', { name: 'bad', image_url: 'file:///a.qcow2' }, '$.image_format'),
  refused('status in a body', aGuest('bad', { status: { phase: 'running' } }), '$.status'),
  refused('duplicate key', '{"name":"bad","kernel":"file:///k","kernel":"file:///l"}', '$.kernel'),
  refused('key of the prototype', '{"name":"bad","kernel":"file:///k","__proto__":{"x":1}}', '$.__proto__'),
  refused('broken JSON', '{"name": "bad",', '$'),
  refused('a list', [aGuest('bad')], '$'),
  refused('nested too deep', `{"name":"bad","labels":${'['.repeat(200)}${']'.repeat(200)}}`, '$'),
  { ...refused('unknown query parameter', aGuest('bad'), '?force'), url: '/v1/vms?force=true' },
  { ...refused('limit out of range', undefined, '?limit'), method: 'GET', url: '/v1/vms?limit=100000' },
  { ...refused('bad selector', undefined, '?label_selector'), method: 'GET', url: '/v1/vms?label_selector=%2C%3D' },
  {
    ...refused('bad idempotency key', aGuest('bad'), 'Idempotency-Key'),
    headers: { 'idempotency-key': 'a b' },
  },
  {
    what: 'one bad document of two: all or nothing',
    url: '/v1/apply',
    body: [aGuest('good'), aGuest('bad', { cpu_cores: 0 })],
    status: 422,
    code: 'validation_failed',
    path: '$.cpu_cores',
  },
  { what: 'a body too large', declaredBytes: 9 * 1024 * 1024, status: 413, code: 'body_too_large' },
  {
    what: 'too many documents',
    url: '/v1/apply',
    body: Array.from({ length: 1001 }, (_, at) => aGuest(`bad-${at}`)),
    status: 422,
    code: 'batch_too_large',
  },
  {
    what: 'a media type of another kind',
    body: 'name=bad',
    mediaType: 'text/csv',
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    what: 'a wrong token',
    body: aGuest('bad'),
    headers: { authorization: 'Bearer no' },
    status: 401,
    code: 'unauthorized',
  },
  {
    what: 'path traversal in the URL',
    method: 'GET',
    url: '/v1/vms/..%2f..%2fetc%2fpasswd',
    status: 404,
    code: 'not_found',
  },
  { what: 'a verb that is none', url: '/v1/vms/bad/explode', status: 404, code: 'not_found' },
];

export interface BadManifest {
  readonly what: string;
  readonly text: string;
  readonly words?: readonly string[];
  readonly exit: number;
  readonly says: RegExp;
}

const begin = 'name: bad\nkernel: file:///k\n';
export const badManifests: readonly BadManifest[] = [
  {
    what: 'duplicate keys',
    text: `${begin}memory_mib: 128\nmemory_mib: 256\n`,
    exit: 2,
    says: /\$\.memory_mib .*bad\.yaml:4/,
  },
  { what: 'an alias', text: 'name: bad\nkernel: &k file:///k\ninitrd: *k\n', exit: 2, says: /bad\.yaml:3/ },
  { what: 'a tag', text: `${begin}cmdline: !!js/function x\n`, exit: 2, says: /bad\.yaml:3/ },
  { what: 'no YAML', text: `${begin}labels: {\n`, exit: 2, says: /bad\.yaml/ },
  { what: 'an unknown field', text: `${begin}memroy_mib: 128\n`, exit: 2, says: /memroy_mib[\s\S]*memory_mib/ },
  { what: 'an unknown kind', text: `kind: Pod\n${begin}`, exit: 2, says: /\$\.kind/ },
  {
    what: 'several offences',
    text: `${begin}cpu_cores: 0\nmemory_mib: lots\n`,
    exit: 2,
    says: /offences[\s\S]*\$\.cpu_cores[\s\S]*\$\.memory_mib/,
  },
  {
    what: 'the second document',
    text: `${begin}---\nname: B_2\nkernel: file:///k\n`,
    exit: 2,
    says: /\$\.name .*bad\.yaml:4/,
  },
  { what: 'the same name twice', text: `${begin}---\n${begin}`, exit: 2, says: /bad/ },
  { what: 'nothing', text: '# nothing\n', exit: 2, says: /no document/ },
  { what: 'an unknown flag', text: begin, words: ['--forse'], exit: 2, says: /--forse/ },
  { what: 'prune without owner', text: begin, words: ['--prune'], exit: 2, says: /--owner/ },
];
