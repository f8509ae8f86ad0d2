/** Which of the two forms of a VM an `Accept` header asks for (RFC 9110, section 12.5.1). */

interface Range {
  readonly type: string;
  readonly quality: number;
  readonly place: number;
}

/** How well a media type is met by a header: its quality, how closely it was named, and where. */
interface Fit {
  readonly quality: number;
  readonly closeness: number;
  readonly place: number;
}

const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml'];

/**
 * Whether YAML is asked for rather than JSON. JSON is the answer where the header leaves it open, and where it takes neither:
 * a reader of something else is better served by it than by a refusal.
 */
export function prefersYaml(accept: string | undefined): boolean {
  // What nearly all clients send: to weigh it costs a read a tenth.
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return false;
  const ranges = accept.split(',').flatMap(readRange);
  const json = fitOf('application/json', ranges);
  const yaml = yamlTypes.map((type) => fitOf(type, ranges)).toSorted(byPreference)[0];
  return yaml !== undefined && yaml.quality > 0 && byPreference(yaml, json) < 0;
}

/** Negative where `a` is the better. */
const byPreference = (a: Fit, b: Fit): number =>
  b.quality - a.quality || b.closeness - a.closeness || a.place - b.place;

/** A range without a readable quality is none. */
function readRange(text: string, place: number): readonly Range[] {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const stated = parameters.find((parameter) => /^q\s*=/.test(parameter));
  if (stated !== undefined && !/^q\s*=\s*(0([.]\d{0,3})?|1([.]0{0,3})?)$/.test(stated)) return [];
  return [{ type, quality: stated === undefined ? 1 : Number(stated.split('=')[1]), place }];
}

/** Of several ranges that hold a type, the closest decides. */
function fitOf(type: string, ranges: readonly Range[]): Fit {
  const names = ['*/*', `${type.split('/')[0]}/*`, type];
  const fits = ranges
    .map((range) => ({ ...range, closeness: names.indexOf(range.type) }))
    .filter(({ closeness }) => closeness >= 0);
  return (
    fits.toSorted((a, b) => b.closeness - a.closeness)[0] ?? {
      quality: 0,
      closeness: -1,
      place: Number.MAX_SAFE_INTEGER,
    }
  );
}
