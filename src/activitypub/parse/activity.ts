import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import { type Addressees, readAddressees } from './addressing.ts';
import { checkContexts } from './context.ts';
import { asList, firstId, idOf, own, type ReadFailure, readTime, readTypes, readUri } from './values.ts';

/** Something named by its id, with its document when that came along. What came along is only believed of its own author. */
export interface Reference {
  readonly id: string;
  readonly document: JsonObject | null;
}

/** A Follow inside an Accept, Reject or Undo; a bare id leaves the rest unknown. */
export interface InnerActivity {
  readonly id: string | null;
  /** Null: only its id was given. */
  readonly type: string | null;
  readonly actor: string | null;
  readonly object: string | null;
}

interface Common {
  readonly id: string;
  readonly actor: string;
  readonly addressees: Addressees;
}

/** One shape for each of the verbs, so that a `switch` tells them apart. */
type Each<Verb extends string, Rest> = Verb extends string ? Common & { readonly verb: Verb } & Rest : never;

/** What may come in, one shape per verb. `other`: what we know of and do nothing with. `Like`: also a reaction with an emoji. */
export type ReadActivity =
  | Each<'Follow' | 'Block' | 'Like', { readonly object: string }>
  | Each<'Accept' | 'Reject' | 'Undo', { readonly inner: InnerActivity }>
  | Each<'Create' | 'Update' | 'Delete', { readonly object: Reference }>
  | Each<
      'Announce',
      {
        readonly object: string;
        /** Set when it wraps an activity (Lemmy, FEP-1b12); `object` is then what that activity is about. */
        readonly wraps: string | null;
        readonly publishedAtMs: number | null;
      }
    >
  | Each<'other', { readonly type: string }>;

const likes = new Set(['Like', 'EmojiReact', 'EmojiReaction']);
const wrapped = new Set([
  ...['Create', 'Update', 'Delete', 'Undo', 'Like', 'Dislike', 'Add', 'Remove', 'Block', 'Lock', 'Flag', 'Announce'],
]);

/** Reads an activity. That its actor signed it is the caller's to check. */
export function readActivity(document: JsonObject): Result<ReadActivity, ReadFailure> {
  const context = checkContexts(document);
  if (!context.ok) return context;
  const id = readUri(own(document, 'id'));
  if (id === undefined) return failed({ code: 'no-id', detail: 'the activity has no usable id' });
  const types = readTypes(own(document, 'type'));
  const [type] = types;
  if (type === undefined) return failed({ code: 'no-type', detail: `${id} has no type` });
  // Several verbs at once mean several things to several readers.
  if (types.length > 1) return failed({ code: 'type', detail: `${id} has ${types.length} types` });
  const actors = asList(own(document, 'actor'));
  const actor = idOf(actors[0]);
  if (actor === undefined || actors.length !== 1)
    return failed({ code: 'no-actor', detail: `${id} names no one actor` });
  const addressees = readAddressees(document);
  if (!addressees.ok) return addressees;
  return readVerb(document, type, { id, actor, addressees: addressees.value });
}

function readVerb(document: JsonObject, type: string, common: Common): Result<ReadActivity, ReadFailure> {
  const verb = likes.has(type) ? 'Like' : type;
  switch (verb) {
    case 'Follow':
    case 'Block':
    case 'Like':
      return withObject(document, common, (reference) => ({ ...common, verb, object: reference.id }));
    case 'Create':
    case 'Update':
    case 'Delete':
      return withObject(document, common, (object) => ({ ...common, verb, object }));
    case 'Announce':
      return readAnnounce(document, common);
    case 'Accept':
    case 'Reject':
    case 'Undo': {
      const inner = readInner(own(document, 'object'));
      return inner ? ok({ ...common, verb, inner }) : noObject(common);
    }
    default:
      return ok({ ...common, verb: 'other', type: type.slice(0, 50) });
  }
}

const noObject = (common: Common) =>
  failed<ReadFailure>({ code: 'no-object', detail: `${common.id} names no one object` });

function withObject(
  document: JsonObject,
  common: Common,
  make: (object: Reference) => ReadActivity,
): Result<ReadActivity, ReadFailure> {
  const objects = asList(own(document, 'object'));
  const [object] = objects;
  const id = idOf(object);
  if (id === undefined || objects.length !== 1) return noObject(common);
  return ok(make({ id, document: isJsonObject(object) ? object : null }));
}

function readAnnounce(document: JsonObject, common: Common): Result<ReadActivity, ReadFailure> {
  const publishedAtMs = readTime(own(document, 'published')) ?? null;
  const announce = (object: string, wraps: string | null): ReadActivity => ({
    ...common,
    verb: 'Announce',
    object,
    wraps,
    publishedAtMs,
  });
  const objects = asList(own(document, 'object'));
  const [object] = objects;
  if (objects.length !== 1) return noObject(common);
  const wraps = isJsonObject(object) ? readTypes(own(object, 'type')).find((type) => wrapped.has(type)) : undefined;
  if (wraps === undefined || !isJsonObject(object)) {
    const id = idOf(object);
    return id === undefined ? noObject(common) : ok(announce(id, null));
  }
  const inner = firstId(own(object, 'object'));
  return inner === undefined ? noObject(common) : ok(announce(inner, wraps));
}

function readInner(value: unknown): InnerActivity | undefined {
  const items = asList(value);
  const [item] = items;
  if (items.length !== 1) return undefined;
  if (!isJsonObject(item)) {
    const id = readUri(item);
    return id === undefined ? undefined : { id, type: null, actor: null, object: null };
  }
  const [type] = readTypes(own(item, 'type'));
  if (type === undefined) return undefined;
  return {
    id: readUri(own(item, 'id')) ?? null,
    type: likes.has(type) ? 'Like' : type.slice(0, 50),
    actor: firstId(own(item, 'actor')) ?? null,
    object: firstId(own(item, 'object')) ?? null,
  };
}
