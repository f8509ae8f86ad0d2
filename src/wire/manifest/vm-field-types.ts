/** Kinds of fields that a VM has several of, or whose rule takes more than a line: names, digests, image URLs, labels, sizes. */
import { namePattern, nameRule } from '../../core/kit/name-pattern.ts';
import { integer, labelValuePattern, map, type TextFault, type TextRule, text } from './field-types.ts';
import { documentLimits as limits } from './limits.ts';

export const named = (description: string, fallback?: string) =>
  text({
    description,
    default: fallback,
    says: nameRule,
    expected: namePattern.source,
    maxLength: 63,
    pattern: namePattern,
  });

export const sha256 = (description: string) =>
  text({
    description,
    says: 'A sha256 is 64 lower-case hexadecimal digits',
    expected: '^[0-9a-f]{64}$',
    maxLength: 64,
    pattern: /^[0-9a-f]{64}$/,
  });

const imageSchemes: readonly string[] = ['file:', 'http:', 'https:'];

/** Why a URL is no place for an image: scheme allow-list, absolute, no credentials, no hidden path separators. */
function explainImageUrl(value: string): TextFault | null {
  const fault = (message: string, code: TextFault['code'] = 'bad_format'): TextFault => ({ code, message });
  if (value.startsWith('/')) return fault(`A path is written as a URL: file://${value.slice(0, limits.gotLength)}`);
  if (value !== value.trim() || /\s/.test(value)) return fault('A URL holds no white space; write %20');
  if (!URL.canParse(value)) return fault('This is no absolute URL');
  const url = new URL(value);
  if (!imageSchemes.includes(url.protocol)) {
    return fault(`Scheme '${url.protocol.slice(0, 32)}' is not supported; use file:, http: or https:`, 'unsupported');
  }
  if (!/^(file|https?):\/\//i.test(value)) return fault("A URL has '//' after its scheme");
  if (url.username !== '' || url.password !== '')
    return fault('A URL holds no user name or password: it is shown to all');
  if (url.protocol === 'file:' && url.host !== '')
    return fault("A file: URL has three slashes: 'file:///directory/file'");
  if (url.protocol === 'file:' && /%2f|%5c|%00/i.test(url.pathname))
    return fault('A file: URL hides no separators in %XX');
  if (url.protocol === 'file:' && (url.search !== '' || url.hash !== ''))
    return fault("A file: URL holds no '?' or '#'");
  if (url.pathname.endsWith('/') && url.search === '') return fault('The URL names a directory, not a file');
  return null;
}

export const imageUrl = (description: string) =>
  text({
    description,
    says: 'An image URL is absolute, with scheme file:, http: or https:',
    expected: 'file:///… | http://… | https://…',
    maxLength: limits.urlLength,
    explain: explainImageUrl,
  });

export const macSays = 'A MAC is six pairs of hexadecimal digits with colons, unicast (the second digit even)';
export const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.|$)){4}(?<!\.)$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

export const free = (rule: Omit<TextRule, 'says' | 'expected'> & { readonly what: string }) =>
  text({ ...rule, says: `${rule.what} is text`, expected: `text of at most ${rule.maxLength} characters` });

/** Options may stand before its type. What is encoded begins with the length of the type, whatever type it is. */
function explainSshKey(value: string): TextFault | null {
  if (/(?:^|\s)[a-z][a-z0-9@.-]*\s+AAAA/.test(value)) return null;
  return { code: 'bad_format', message: "An SSH key is the line of its .pub file: 'ssh-ed25519 AAAA…'" };
}

export const sshKey = free({
  description: 'Public key, one line.',
  what: 'An SSH key',
  maxLength: limits.sshKeyLength,
  explain: explainSshKey,
});

export const labelValue = text({
  description: 'Value of a label; may be empty.',
  says: "A label value is at most 63 of letters, digits, '-', '_', '.', beginning and ending alphanumeric, or empty",
  expected: labelValuePattern.source,
  maxLength: 63,
  pattern: labelValuePattern,
});
export const annotationValue = free({
  description: 'Free text.',
  what: 'An annotation',
  maxLength: limits.annotationLength,
  lines: true,
});

export const labelMap = (description: string) => map(labelValue, { description, default: {}, max: limits.mapEntries });
export const port = (description: string) => integer({ description, min: 1, max: 65_535, unit: 'port' });
export const gib = (description: string) => integer({ description, min: 1, max: limits.diskGib, unit: 'GiB' });
export const seconds = (description: string, min: number, fallback: number) =>
  integer({ description, default: fallback, min, max: limits.seconds, unit: 'seconds' });

export const hostname = text({
  description:
    'Host name of the guest; absent: the name of the instance. Only told where cloud_init is given: without it there is no seed.',
  says: "A host name is labels of letters, digits and '-', at most 63 each, with dots between",
  expected: 'web-1.example.org',
  maxLength: limits.hostnameLength,
  pattern: dnsName,
});
