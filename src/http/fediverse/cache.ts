import { hash } from 'node:crypto';
import type { LiveEvent } from '../../live/live.ts';
import type { AccountId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';

/** A public document as it is sent. */
export interface Rendered {
  readonly body: string;
  /** With its quotes, as in the header. */
  readonly etag: string;
}

/** What is rendered is kept up to this many characters in all: a post is 2 to 4 thousand, an actor 3 thousand. */
const mostChars = 8_000_000;

/**
 * Public documents, rendered when first asked for and kept until what they show changes: 3,000 servers that got a post come for it, its author
 * and its answers within a minute, and a stored string costs a tenth of a rendered one. Only what everyone may see is ever in here.
 */
export class DocumentCache {
  readonly #kept = new Map<string, Rendered>();
  readonly #underWay = new Map<string, Promise<Rendered | undefined>>();
  #chars = 0;
  #changes = 0;

  /**
   * @param key `post:ID`, `account:ID…`, `replies:ID…`: `forget` goes by its beginning.
   * @param render gives undefined for what is not there; that is not kept.
   */
  find(key: string, render: () => Promise<string | undefined>): Promise<Rendered | undefined> {
    const kept = this.#kept.get(key);
    if (kept) return Promise.resolve(kept);
    let running = this.#underWay.get(key);
    if (!running) {
      running = this.#render(key, render).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, running);
    }
    return running;
  }

  async #render(key: string, render: () => Promise<string | undefined>): Promise<Rendered | undefined> {
    const changesBefore = this.#changes;
    const body = await render();
    if (body === undefined) return undefined;
    const rendered = { body, etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"` };
    // Something changed meanwhile: what was read may be the state before it.
    if (this.#changes === changesBefore) this.#keep(key, rendered);
    return rendered;
  }

  #keep(key: string, rendered: Rendered): void {
    this.#kept.set(key, rendered);
    this.#chars += rendered.body.length;
    while (this.#chars > mostChars) this.#drop(this.#kept.keys().next().value!);
  }

  #drop(key: string): void {
    this.#chars -= this.#kept.get(key)?.body.length ?? 0;
    this.#kept.delete(key);
  }

  /** Forgets what begins so. */
  forget(...beginnings: readonly string[]): void {
    this.#changes += 1;
    // Who asks from now on must not get what is being rendered from before.
    this.#underWay.clear();
    for (const key of this.#kept.keys()) {
      if (beginnings.some((beginning) => key === beginning || key.startsWith(`${beginning}/`))) this.#drop(key);
    }
  }

  get size(): number {
    return this.#kept.size;
  }
}

const caches = new WeakMap<object, DocumentCache>();

/** The cache of a place; it hears what changes from `live`. */
export function documentsOf(place: OpenPlace): DocumentCache {
  let cache = caches.get(place.live);
  if (!cache) {
    const made = new DocumentCache();
    caches.set(place.live, made);
    place.live.listen((event) => made.forget(...changedBy(event)));
    cache = made;
  }
  return cache;
}

/** Which documents show what an event is about. */
function changedBy(event: LiveEvent): readonly string[] {
  switch (event.kind) {
    case 'post':
      if (event.change === 'counts') return [`replies:${event.postId}`];
      return [`post:${event.postId}`, `activity:${event.postId}`, `outbox:${event.authorId}`, 'nodeinfo'];
    case 'post-deleted':
      return [
        `post:${event.postId}`,
        `activity:${event.postId}`,
        `replies:${event.postId}`,
        `outbox:${event.authorId}`,
      ];
    case 'account':
      return [`account:${event.accountId}`, 'webfinger', 'nodeinfo'];
    case 'follows':
      return [`follows:${event.accountId}`, `blocked:${event.accountId}`];
    case 'incoming':
    case 'home':
    case 'notification':
      return [];
  }
}

/** True for an id of one of the people here; what is asked of others is not ours to say. */
export const findLocal = (place: OpenPlace, id: string) => place.store.people.find(id as AccountId);
