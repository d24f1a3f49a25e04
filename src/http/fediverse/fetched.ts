import { readSignature } from '../../activitypub/signature/verify.ts';
import { logger } from '../../base/log.ts';
import type { PostId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { anybody } from '../../store/place/fetches.ts';
import type { RouteContext } from '../route.ts';
import { isSigned, signedRequestOf } from './viewer.ts';

/** Notes are written at the latest after this. */
const writeAfterMs = 5_000;
/** Servers met for the first time that wait to be looked up; the next ones count as nobody known. */
const mostStrangers = 100;

const desks = new WeakMap<object, FetchDesk>();

/**
 * Notes that whoever asks has got these posts, so that an edit and a deletion go there too. Costs the answer nothing: the herd that comes after
 * a post is noted in memory. A server whose inbox is known is believed by the name of its key alone (a forger gains one more Delete for a server
 * that we speak to anyway); one that is not is looked up later, one at a time, and only when its signature is right.
 */
export function noteFetch(context: RouteContext, postIds: readonly PostId[]): void {
  const { place } = context;
  if (!place.identity.federates) return;
  let desk = desks.get(place.live);
  if (!desk) {
    desk = new FetchDesk(place);
    desks.set(place.live, desk);
  }
  desk.note(context, postIds);
}

class FetchDesk {
  readonly #place: OpenPlace;
  #strangers = 0;
  #turn: Promise<void> = Promise.resolve();
  #isTimed = false;

  constructor(place: OpenPlace) {
    this.#place = place;
  }

  note(context: RouteContext, postIds: readonly PostId[]): void {
    const { fetches } = this.#place.store;
    const origin = originOf(context);
    if (origin === this.#place.identity.origin) return;
    const fresh = postIds.filter((id) => !fetches.has(id, origin));
    if (fresh.length === 0) return;
    if (origin === anybody) this.#keep(fresh, anybody);
    else this.#noteLater(context, fresh, origin);
  }

  #noteLater(context: RouteContext, fresh: readonly PostId[], origin: string): void {
    void this.#noteNamed(context, fresh, origin).catch((error: unknown) =>
      logger('http').warn('Noting that {origin} fetched posts failed: {error}', { origin, error }),
    );
  }

  async #noteNamed(context: RouteContext, postIds: readonly PostId[], origin: string): Promise<void> {
    if (await this.#place.store.fetches.knowsInboxAt(origin)) return this.#keep(postIds, origin);
    if (this.#strangers >= mostStrangers) return this.#keep(postIds, anybody);
    this.#strangers += 1;
    const before = this.#turn;
    this.#turn = before.catch(() => undefined).then(() => this.#meet(context, postIds, origin));
    await this.#turn.finally(() => {
      this.#strangers -= 1;
    });
  }

  /** Who signed is looked up, so that there is an inbox to tell. */
  async #meet(context: RouteContext, postIds: readonly PostId[], origin: string): Promise<void> {
    const { remote, store } = this.#place;
    if (await store.fetches.knowsInboxAt(origin)) return this.#keep(postIds, origin);
    const verified = await remote.verify(signedRequestOf(context, new Uint8Array(0)));
    const owner = verified.ok ? await remote.findAccount(verified.value.owner) : undefined;
    const isMet = owner?.ok === true && owner.value.inboxUrl !== null;
    this.#keep(postIds, isMet ? new URL(owner.value.uri).origin : anybody);
  }

  #keep(postIds: readonly PostId[], origin: string): void {
    const { store, clock } = this.#place;
    let isNew = false;
    for (const id of postIds) isNew = store.fetches.note(id, origin, clock.now()) || isNew;
    if (!isNew) return;
    if (store.fetches.isFull) this.#write();
    else if (!this.#isTimed) {
      this.#isTimed = true;
      clock.after(writeAfterMs, () => {
        this.#isTimed = false;
        this.#write();
      });
    }
  }

  #write(): void {
    this.#place.store.fetches
      .flush()
      .catch((error: unknown) => logger('http').warn('Writing down who fetched posts failed: {error}', { error }));
  }
}

/** Of the key that signed, unproved; `anybody` without a readable signature. */
function originOf(context: RouteContext): string {
  if (!isSigned(context)) return anybody;
  const read = readSignature(signedRequestOf(context, new Uint8Array(0)), context.place.clock.now());
  const url = read.ok ? URL.parse(read.value.keyId) : null;
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.origin : anybody;
}
