/**
 * Label selectors: `app=web,tier!=db,owner,!legacy`; all terms must hold. Equality and presence are answered from the
 * index; the rest filters what they leave.
 */
import { exhaustive } from '../../core/kit/exhaustive.ts';
import { labelKeyPattern, labelValuePattern } from '../../wire/manifest/field-types.ts';
import type { ReadModel } from '../read-model.ts';
import { isRefused, type Refusal, refuse } from '../refusal.ts';

export interface SelectorTerm {
  readonly key: string;
  readonly op: 'equals' | 'differs' | 'exists' | 'absent';
  readonly value: string;
}

export type LabelSelector = readonly SelectorTerm[];

/** Terms of one selector: each costs a look-up per candidate. */
const termsMax = 16;

/** `parameter`: of the query, for who is told what is wrong with it. */
export function parseLabelSelector(text: string, parameter = 'label_selector'): LabelSelector | Refusal {
  const refuseAs = (why: string): Refusal => bad(parameter, text, why);
  const words = text.split(',').map((word) => word.trim());
  if (words.length > termsMax) return refuseAs(`it has more than ${termsMax} terms`);
  const terms: SelectorTerm[] = [];
  for (const word of words) {
    const term = parseTerm(word);
    if (term === null || !labelKeyPattern.test(term.key) || !labelValuePattern.test(term.value)) {
      return refuseAs(`"${word.slice(0, 80)}" is not key=value, key!=value, key or !key`);
    }
    terms.push(term);
  }
  return terms;
}

/** What a prune deletes bears some label: a selector of what has none would choose every stranger, and choose nothing instead. */
export function parsePruneSelector(text: string): LabelSelector | Refusal {
  const terms = parseLabelSelector(text, 'prune');
  if (isRefused(terms) || terms.some(({ op }) => op === 'equals' || op === 'exists')) return terms;
  return bad('prune', text, 'it names no label that all of them have');
}

function bad(parameter: string, text: string, why: string): Refusal {
  return refuse('validation_failed', `Cannot read ${parameter}: ${why}`, {
    offences: [
      {
        document: 0,
        path: `?${parameter}`,
        code: 'bad_format',
        message: `A selector is terms with ',' between them; ${why}`,
        got: text.slice(0, 200),
        expected: 'key=value,key!=value,key,!key',
      },
    ],
  });
}

function parseTerm(word: string): SelectorTerm | null {
  if (word === '') return null;
  if (word.startsWith('!')) return { key: word.slice(1), op: 'absent', value: '' };
  const differs = word.indexOf('!=');
  if (differs > 0) return { key: word.slice(0, differs), op: 'differs', value: word.slice(differs + 2) };
  const equals = word.indexOf('=');
  if (equals < 0) return { key: word, op: 'exists', value: '' };
  const value = word.slice(equals + (word[equals + 1] === '=' ? 2 : 1));
  return { key: word.slice(0, equals), op: 'equals', value };
}

export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every(({ key, op, value }) => {
    const has = Object.hasOwn(labels, key);
    switch (op) {
      case 'equals':
        return has && labels[key] === value;
      case 'differs':
        return !has || labels[key] !== value;
      case 'exists':
        return has;
      case 'absent':
        return !has;
      default:
        return exhaustive(op);
    }
  });
}

/** The shortest list of names that contains all matches, in order; null = only a walk over everything does. */
export function candidateNames(model: ReadModel, selector: LabelSelector): readonly string[] | null {
  let best: readonly string[] | null = null;
  for (const { key, op, value } of selector) {
    if (op !== 'equals' && op !== 'exists') continue;
    const names = model.index.withLabel(key, op === 'equals' ? value : null);
    if (best === null || names.length < best.length) best = names;
  }
  return best;
}

/** Every name that matches. A selector without `=` or presence selects nothing: it is for pruning. */
export function selectNames(model: ReadModel, selector: LabelSelector): readonly string[] {
  const names = candidateNames(model, selector) ?? [];
  return names.filter((name) => {
    const vm = model.get(name);
    return vm !== undefined && matchesLabels(selector, vm.record.labels);
  });
}
