import type { JsonObject } from '../../base/json.ts';
import { limits } from '../../base/limits.ts';
import { failed, ok, type Result } from '../../base/result.ts';
import type { Audience } from '../../model/post.ts';
import { asList, firstId, own, type ReadFailure } from './values.ts';

/** To whom something is addressed, as written. `bto` and `bcc` are nobody's business and not read. */
export interface Addressees {
  /** Everyone is in `to`. */
  readonly isPublic: boolean;
  /** Everyone is in `cc` only. */
  readonly isQuiet: boolean;
  /** Ids in `to` and `cc`, without the one that means everyone. */
  readonly ids: readonly string[];
}

const everyoneForms = new Set(['https://www.w3.org/ns/activitystreams#Public', 'as:Public', 'Public']);

/** Reads `to` and `cc`; more than `limits.addressees` is refused. */
export function readAddressees(object: JsonObject): Result<Addressees, ReadFailure> {
  const to = asList(own(object, 'to'));
  const cc = asList(own(object, 'cc'));
  if (to.length + cc.length > limits.addressees) {
    return failed({ code: 'too-many-addressees', detail: `${to.length + cc.length} addressees` });
  }
  const isPublic = to.some(isEveryone);
  const ids = [...to, ...cc].filter((item) => !isEveryone(item)).flatMap((item) => firstId(item) ?? []);
  return ok({ isPublic, isQuiet: !isPublic && cc.some(isEveryone), ids: [...new Set(ids)] });
}

const isEveryone = (value: unknown): boolean => typeof value === 'string' && everyoneForms.has(value);

/**
 * Who may see it. Not for everyone means: for the followers when their collection is named, else for those named.
 * @param followersUrl of the author, as the author's own document names it.
 */
export function audienceOf(addressees: Addressees, followersUrl: string | null): Audience {
  if (addressees.isPublic) return 'public';
  if (addressees.isQuiet) return 'quiet';
  return followersUrl !== null && addressees.ids.includes(followersUrl) ? 'followers' : 'direct';
}
