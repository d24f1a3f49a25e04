/**
 * French spacing: a narrow no-break space before ; ! ? and inside « », a no-break space before a colon. Catalogues are typed with plain spaces,
 * so that nobody has to see what cannot be seen.
 */
export const typesetFrench = (text: string) =>
  text
    .replace(/ (?=[;!?»])/g, '\u202f')
    .replace(/« /g, '«\u202f')
    .replace(/ (?=:(?:\s|$))/g, '\u00a0');

type Maker = (...values: never[]) => unknown;

/** A copy of a catalogue in which every sentence, also one that is made by a function, is set in French spacing. */
export function typesetCatalogue<T>(value: T): T {
  if (typeof value === 'string') return typesetFrench(value) as T;
  if (typeof value === 'function') {
    const make = value as unknown as Maker;
    return ((...values: never[]) => typesetCatalogue(make(...values))) as T;
  }
  if (Array.isArray(value)) return value.map(typesetCatalogue) as T;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typesetCatalogue(inner)])) as T;
  }
  return value;
}
