import { isActor } from '../activitypub/parse/actor.ts';
import { isPost, readPost } from '../activitypub/parse/post.ts';
import { readUri } from '../activitypub/parse/values.ts';
import { getPrivateKey, readPublicKey } from '../activitypub/signature/keys.ts';
import type { Signer } from '../activitypub/signature/request.ts';
import type { Clock } from '../base/clock.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import type { Fetcher } from '../base/net/guarded-fetch.ts';
import { isSameOrigin, readRemoteUrl } from '../base/net/hostname.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Post } from '../model/post.ts';
import type { PlaceStore } from '../store/place/place-store.ts';
import { createAccounts } from './accounts.ts';
import type { DocumentFailure, DocumentReader, RemoteDocument } from './fetch.ts';
import { type KeyCache, type KeyFinder, verifyRequest } from './keys.ts';
import { keepPost } from './posts.ts';
import { FetchBudget, type FetchedPost, type Remote, type RemoteFailure } from './remote.ts';
import type { Ask, PlaceParts, Surroundings } from './surroundings.ts';
import { createWebFinger } from './webfinger.ts';

/** What all places of a host share. */
export interface SharedParts {
  readonly fetcher: Fetcher;
  readonly documents: DocumentReader;
  readonly keys: KeyFinder;
  readonly keyCache: KeyCache;
}

/** The guarded way in which one place reads others. */
export function createRemote(place: PlaceParts, shared: SharedParts): Remote {
  const { identity, store, clock } = place;
  const signAs = createSigner(place);
  const isOwn = (uri: string) => uri.startsWith(`${identity.origin}/`);

  const recent = new RecentActors(clock);

  const ask: Ask = async (uri, budget, { mayBeRecent } = {}) => {
    const seen = recent.take(uri);
    if (seen && mayBeRecent) return ok(seen);
    const host = URL.canParse(uri) ? new URL(uri).host : '';
    if (!identity.federates) return failed({ reason: 'not-federating', host, words: 'this place has no domain yet' });
    const url = readRemoteUrl(uri, shared.fetcher.network.labHosts);
    if (!url.ok) return failed({ reason: 'bad-handle', host, words: `not an address that is spoken to: ${url.error}` });
    if (!budget.take(uri))
      return failed({ reason: 'budget-spent', host, words: 'no more documents are fetched for this' });
    const fetched = await shared.documents.fetchDocument(uri, { signAs: await signAs() });
    return fetched.ok ? fetched : failed(explain(fetched.error, host));
  };

  async function keysMayHaveChanged(document: JsonObject): Promise<void> {
    for (const key of [document.publicKey, document.assertionMethod].flat().slice(0, 8)) {
      if (!isJsonObject(key) || typeof key.id !== 'string' || typeof key.publicKeyPem !== 'string') continue;
      const known = await shared.keyCache.find(key.id);
      const read = readPublicKey(key.publicKeyPem);
      // Forgotten and not replaced: `keys` reads it by its own rules when it is needed.
      if (known?.kind === 'key' && known.owner === document.id && read.ok && read.value.pem !== known.pem) {
        await shared.keyCache.forget(key.id);
      }
    }
  }

  const surroundings: Surroundings = { ...place, isOwn, keysMayHaveChanged };
  const webFinger = createWebFinger(shared.fetcher);
  const accounts = createAccounts({ ...surroundings, ask, webFinger });
  const posts = createPosts({ ...surroundings, ask, findAccount: accounts.find });

  async function findByUrl(text: string): ReturnType<Remote['findByUrl']> {
    const url = readUri(text.trim().replace(/#.*$/, ''));
    if (url === undefined) return failed({ reason: 'bad-handle', host: '', words: 'not a web address' });
    const known = await findKnown(store, url);
    if (known) return ok(known);
    const budget = new FetchBudget(limits.fetchesPerActivity);
    if (isOwn(url)) return failed({ reason: 'not-found', host: new URL(url).host, words: 'not here' });
    const asked = await ask(url, budget);
    if (!asked.ok) return asked;
    const { document, id } = asked.value;
    if (isActor(document)) {
      const account = await accounts.keepDocument(document, budget);
      return account.ok ? ok({ kind: 'account', account: account.value }) : account;
    }
    if (!isPost(document))
      return failed({ reason: 'unreadable', host: new URL(id).host, words: 'neither an account nor a post' });
    const post = await posts.keepDocument(document, budget);
    return post.ok ? ok({ kind: 'post', post: post.value }) : post;
  }

  return {
    findAccount: accounts.find,
    findAccountByHandle: (handle, { budget } = {}) =>
      accounts.findByHandle(handle, budget ?? new FetchBudget(limits.fetchesPerActivity)),
    findPost: posts.find,
    fetchPost: posts.fetch,
    findByUrl,
    async verify(request) {
      const verified = await verifyRequest(request, shared.keys, clock, await signAs());
      if (verified.ok && verified.value.ownerDocument) recent.add(verified.value.owner, verified.value.ownerDocument);
      return verified;
    },
  };
}

/** Documents that came along with a key, kept a moment: who speaks for the first time is fetched once, not twice. */
class RecentActors {
  readonly #clock: Clock;
  readonly #documents = new Map<string, { document: JsonObject; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(uri: string, document: JsonObject): void {
    this.#documents.set(uri, { document, untilMs: this.#clock.monotonic() + recentMs });
    if (this.#documents.size > mostRecent) this.#documents.delete(this.#documents.keys().next().value!);
  }

  take(uri: string): RemoteDocument | undefined {
    const kept = this.#documents.get(uri);
    this.#documents.delete(uri);
    return kept && kept.untilMs > this.#clock.monotonic() ? { id: uri, document: kept.document } : undefined;
  }
}

const recentMs = 60_000;
const mostRecent = 200;

/** The key of the first person signs what the place asks of others; a place without anybody asks unsigned. */
function createSigner({ store, addresses }: PlaceParts): () => Promise<Signer | undefined> {
  let signer: Signer | undefined;
  return async () => {
    if (signer) return signer;
    const [first] = await store.people.all();
    if (!first) return undefined;
    signer = { keyId: addresses.mainKey(first.account.id), privateKey: getPrivateKey(first.keys.rsaPrivate) };
    return signer;
  };
}

/** What the store knows under an id or as a page. */
async function findKnown(store: PlaceStore, url: string) {
  const account = (await store.accounts.findByUri(url)) ?? (await store.accounts.findByUrl(url));
  if (account) return { kind: 'account', account } as const;
  const post = (await store.posts.findByUri(url)) ?? (await store.posts.findByUrl(url));
  return post && post.boostOfId === null ? ({ kind: 'post', post } as const) : undefined;
}

function explain({ reason, detail }: DocumentFailure, host: string): RemoteFailure {
  const reasons = {
    gone: 'gone',
    missing: 'not-found',
    refused: 'refused',
    unreachable: 'unreachable',
    unusable: 'unreadable',
  } as const;
  return { reason: reasons[reason], host, words: detail };
}

type FoundPost = Result<Post, RemoteFailure>;

/** Posts elsewhere, with what they answer. */
function createPosts(parts: Surroundings & { ask: Ask; findAccount: Remote['findAccount'] }) {
  const { store, clock, ids, ask } = parts;

  async function find(uri: string, options: { budget?: FetchBudget } = {}): Promise<FoundPost> {
    const known = await store.posts.findByUri(uri);
    if (known) return ok(known);
    const host = URL.canParse(uri) ? new URL(uri).host : '';
    if (parts.isOwn(uri)) return failed({ reason: 'not-found', host, words: 'not here' });
    if (await store.posts.isTombstoned(uri)) return failed({ reason: 'gone', host, words: 'it was deleted' });
    const budget = options.budget ?? new FetchBudget(limits.fetchesPerActivity);
    const fetched = await fetchPost(uri, budget);
    return fetched.ok ? keepWithAncestors(fetched.value, budget) : fetched;
  }

  async function keepDocument(document: JsonObject, budget: FetchBudget): Promise<FoundPost> {
    const fetched = await readFetched(document, budget);
    return fetched.ok ? keepWithAncestors(fetched.value, budget) : fetched;
  }

  async function fetchPost(uri: string, budget: FetchBudget): Promise<Result<FetchedPost, RemoteFailure>> {
    const asked = await ask(uri, budget);
    if (!asked.ok) return asked;
    return readFetched(asked.value.document, budget);
  }

  /** Believes a post of its own origin alone, and only as the words of somebody of that origin (CVE-2024-23832). */
  async function readFetched(document: JsonObject, budget: FetchBudget): Promise<Result<FetchedPost, RemoteFailure>> {
    const parsed = readPost(document, clock.now());
    const uri = typeof document.id === 'string' ? document.id : '';
    const host = URL.canParse(uri) ? new URL(uri).host : '';
    if (!parsed.ok) {
      const reason = parsed.error.code === 'tombstone' ? 'gone' : 'unreadable';
      return failed({ reason, host, words: parsed.error.detail });
    }
    const { authorUri } = parsed.value;
    if (!isSameOrigin(authorUri, uri))
      return failed({ reason: 'unreadable', host, words: `its author ${authorUri} lives elsewhere` });
    const author = await parts.findAccount(authorUri, { budget });
    return author.ok ? ok({ parsed: parsed.value, author: author.value }) : author;
  }

  /** Fetches upwards while depth and budget last, then stores from the top, so that each post finds its thread. */
  async function keepWithAncestors(fetched: FetchedPost, budget: FetchBudget): Promise<FoundPost> {
    const chain = [fetched];
    const seen = new Set([fetched.parsed.uri]);
    while (chain.length <= limits.threadDepth) {
      const above = chain.at(-1)!.parsed.inReplyToUri;
      if (above === null || seen.has(above) || parts.isOwn(above) || (await store.posts.findByUri(above))) break;
      seen.add(above);
      if (await store.posts.isTombstoned(above)) break;
      const parent = await fetchPost(above, budget);
      if (!parent.ok) break;
      chain.push(parent.value);
    }
    for (const { parsed, author } of chain.toReversed())
      await store.transaction((tx) => keepPost(tx, ids, parsed, author));
    const stored = await store.posts.findByUri(fetched.parsed.uri);
    const host = new URL(fetched.parsed.uri).host;
    return stored ? ok(stored) : failed({ reason: 'gone', host, words: 'it was deleted' });
  }

  const fetch: Remote['fetchPost'] = (uri, { budget } = {}) =>
    parts.isOwn(uri)
      ? Promise.resolve(failed({ reason: 'not-found', host: new URL(uri).host, words: 'not from elsewhere' }))
      : fetchPost(uri, budget ?? new FetchBudget(limits.fetchesPerActivity));

  return { find, fetch, keepDocument };
}
