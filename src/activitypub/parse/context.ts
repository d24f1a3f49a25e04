import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import type { ReadFailure } from './values.ts';

/**
 * We read ActivityStreams as plain JSON. Others read it as JSON-LD, where a context can give words another meaning: a document that
 * says one thing to us and another to them is refused (CVE-2022-24307, CVE-2026-46349 and its relatives). Contexts are never fetched;
 * those that we do not know only add words that we do not read.
 */

const namespace = 'https://www.w3.org/ns/activitystreams#';

/** Words that decide who says what to whom. `Public` and the types are among them. */
const coreTerms = new Set([
  ...['id', 'type', 'actor', 'object', 'target', 'origin', 'result', 'instrument', 'attributedTo', 'audience'],
  ...['to', 'cc', 'bto', 'bcc', 'inReplyTo', 'replies', 'context', 'content', 'contentMap', 'summary', 'summaryMap'],
  ...['name', 'nameMap', 'url', 'href', 'rel', 'mediaType', 'published', 'updated', 'deleted', 'formerType', 'tag'],
  ...['attachment', 'icon', 'image', 'items', 'orderedItems', 'first', 'last', 'next', 'prev', 'partOf', 'totalItems'],
  ...['inbox', 'outbox', 'followers', 'following', 'liked', 'endpoints', 'sharedInbox', 'preferredUsername', 'source'],
  ...['oneOf', 'anyOf', 'closed', 'startTime', 'endTime', 'Public', 'alsoKnownAs', 'movedTo', 'sensitive'],
  ...['Accept', 'Add', 'Announce', 'Block', 'Create', 'Delete', 'Dislike', 'Flag', 'Follow', 'Like', 'Move', 'Reject'],
  ...[
    'Remove',
    'Undo',
    'Update',
    'Note',
    'Article',
    'Page',
    'Question',
    'Image',
    'Video',
    'Audio',
    'Document',
    'Event',
  ],
  ...['Person', 'Service', 'Group', 'Organization', 'Application', 'Tombstone', 'Mention', 'Hashtag', 'Link'],
  ...['Collection', 'OrderedCollection', 'CollectionPage', 'OrderedCollectionPage'],
]);

/** Words of the security vocabulary that decide whose key it is. */
const keyTerms = new Map(
  ['publicKey', 'owner', 'publicKeyPem', 'assertionMethod', 'controller', 'publicKeyMultibase'].map((term) => [
    term,
    ['https://w3id.org/security#', 'sec:', 'https://w3id.org/security/v1#'].map((prefix) => `${prefix}${term}`),
  ]),
);

/** Keywords that rearrange a document: LD readers look inside them, we would not. */
const rearranging = new Set(['@graph', '@included', '@reverse', '@nest', '@index']);

/** What a context itself may say about all words. `@import` fetches, `@base` and `@propagate` move meanings around. */
const harmlessKeywords = new Set(['@language', '@version', '@vocab', '@protected', '@direction']);
const harmlessContainers = new Set(['@list', '@set', '@language', null]);

/** Looks at a whole document; its depth and size are bounded by whoever parsed it. */
export function checkContexts(document: JsonObject): Result<true, ReadFailure> {
  const problem = findProblem(document);
  return problem === undefined ? ok(true) : failed({ code: 'context', detail: problem });
}

function findProblem(value: unknown): string | undefined {
  if (Array.isArray(value)) return firstProblem(value, findProblem);
  if (!isJsonObject(value)) return undefined;
  const keys = Object.keys(value);
  for (const key of keys) {
    if (rearranging.has(key)) return `${key} is not read`;
    // A word written out in full is a second word to us and the same one to others.
    if (key.startsWith('as:') || key.startsWith(namespace)) return `${key.slice(0, 100)} is not written short`;
  }
  if (keys.includes('@id') && keys.includes('id')) return 'both id and @id';
  if (keys.includes('@type') && keys.includes('type')) return 'both type and @type';
  return firstProblem(keys, (key) => (key === '@context' ? contextProblem(value[key], 0) : findProblem(value[key])));
}

function firstProblem<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = look(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function contextProblem(context: unknown, depth: number): string | undefined {
  if (typeof context === 'string') return undefined;
  if (Array.isArray(context) && depth < 3) return firstProblem(context, (item) => contextProblem(item, depth + 1));
  if (!isJsonObject(context)) return 'a context that takes words away';
  return firstProblem(Object.entries(context), ([term, definition]) => termProblem(term, definition, depth));
}

function termProblem(term: string, definition: unknown, depth: number): string | undefined {
  if (term.startsWith('@')) return harmlessKeywords.has(term) ? undefined : `${term.slice(0, 40)} in a context`;
  if (term === 'as') return definition === namespace ? undefined : 'as means something else';
  const meaning = isJsonObject(definition) ? (definition['@id'] ?? null) : definition;
  if (isJsonObject(definition)) {
    const scoped = scopeProblem(term, definition, depth);
    if (scoped !== undefined) return scoped;
  }
  return meaningProblem(term, meaning);
}

/** What a long definition adds to the meaning. */
function scopeProblem(term: string, definition: JsonObject, depth: number): string | undefined {
  if ('@reverse' in definition || '@nest' in definition || '@index' in definition) return `${term} is turned round`;
  if ('@context' in definition) {
    if (isCore(term)) return `${term} has a context of its own`;
    const problem = contextProblem(definition['@context'], depth + 1);
    if (problem !== undefined) return problem;
  }
  const containers = [definition['@container'] ?? null].flat();
  const isHarmless = containers.every((container) => harmlessContainers.has(container as string | null));
  return isCore(term) && !isHarmless ? `${term} is contained otherwise` : undefined;
}

const isCore = (term: string) => coreTerms.has(term) || keyTerms.has(term);

function meaningProblem(term: string, meaning: unknown): string | undefined {
  if (term === 'id' || term === 'type') return meaning === `@${term}` ? undefined : `${term} means something else`;
  if (typeof meaning === 'string' && meaning.startsWith('@'))
    return `${term.slice(0, 100)} is another name of ${meaning.slice(0, 40)}`;
  const local = typeof meaning === 'string' ? shortName(meaning) : undefined;
  if (coreTerms.has(term)) return local === term ? undefined : `${term} means something else`;
  if (keyTerms.has(term)) {
    return keyTerms.get(term)!.includes(meaning as string) ? undefined : `${term} means something else`;
  }
  return local !== undefined && coreTerms.has(local) ? `${term.slice(0, 100)} is another name of ${local}` : undefined;
}

/** The word of the ActivityStreams vocabulary that an IRI stands for. */
function shortName(iri: string): string | undefined {
  if (iri.startsWith('as:')) return iri.slice(3);
  return iri.startsWith(namespace) ? iri.slice(namespace.length) : undefined;
}
