const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span as kubectl prints it: `8s`, `4m12s`, `3h5m`, `2d4h`, `61d`. */
export function renderSpan(ms: number): string {
  const span = Math.max(0, ms);
  const two = (big: number, bigUnit: string, small: number, smallUnit: string): string => {
    const rest = Math.floor((span % big) / small);
    return `${Math.floor(span / big)}${bigUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
  };
  if (span < 2 * minute) return `${Math.floor(span / second)}s`;
  if (span < 2 * hour) return two(minute, 'm', second, 's');
  if (span < 2 * day) return two(hour, 'h', minute, 'm');
  return span < 8 * day ? two(day, 'd', hour, 'h') : `${Math.floor(span / day)}d`;
}

/** Age of a moment; `-` where there is none. */
export function renderAge(time: string | null | undefined, now: number): string {
  const at = time === null || time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? '-' : renderSpan(now - at);
}

/** `in 40s` or `12s ago`. */
export function renderMoment(time: string | null | undefined, now: number): string {
  const at = time === null || time === undefined ? Number.NaN : Date.parse(time);
  if (Number.isNaN(at)) return '-';
  return at > now ? `in ${renderSpan(at - now)}` : `${renderSpan(now - at)} ago`;
}
