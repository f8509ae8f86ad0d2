import type { Json } from '../../core/kit/json.ts';
import type { OffenceCode, PathPart } from './offence.ts';

/** Reports one offence; what was there is read from the document. */
export type Report = (path: readonly PathPart[], code: OffenceCode, message: string, expected: Json) => void;
