import { isActor, type ReadActor, readActor } from '../activitypub/parse/actor.ts';
import type { JsonObject } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import { logger } from '../base/log.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Account } from '../model/account.ts';
import type { AccountId } from '../model/ids.ts';
import { FetchBudget, type RemoteFailure } from './remote.ts';
import type { Ask, Surroundings } from './surroundings.ts';
import type { SplitHandle, WebFinger } from './webfinger.ts';

/** A remote account is asked for again when it was read longer ago. */
const staleAfterMs = 24 * 3_600_000;
/** Accounts that are read again in the background at one time: a busy home touches hundreds of stale ones. */
const mostRefreshes = 4;
/** Documents for one refresh: the actor, and WebFinger twice when it has another handle. */
const refreshBudget = 4;

type Found = Result<Account, RemoteFailure>;

/** Accounts elsewhere: known ones from the store, others from their origin, each fetched once however many ask at a time. */
export function createAccounts(parts: Surroundings & { ask: Ask; webFinger: WebFinger }) {
  const { store, clock, ids, identity, ask, webFinger } = parts;
  const underWay = new Map<string, Promise<Found>>();
  const refreshing = new Set<string>();

  async function find(uri: string, options: { budget?: FetchBudget; refresh?: boolean } = {}): Promise<Found> {
    const known = await store.accounts.findByUri(uri);
    if (parts.isOwn(uri)) return known ? ok(known) : missing(uri);
    if (known?.goneAtMs != null && !options.refresh)
      return failed({ reason: 'gone', host: hostOf(uri), words: 'it was deleted' });
    if (!known || options.refresh)
      return fetchShared(uri, options.budget ?? new FetchBudget(limits.fetchesPerActivity));
    if (clock.now() - (known.fetchedAtMs ?? 0) > staleAfterMs) refreshLater(uri);
    return ok(known);
  }

  /** Asked at one time by many, fetched once; whoever came first pays. */
  function fetchShared(uri: string, budget: FetchBudget): Promise<Found> {
    let running = underWay.get(uri);
    if (!running) {
      running = fetchAccount(uri, budget).finally(() => underWay.delete(uri));
      underWay.set(uri, running);
    }
    return running;
  }

  function refreshLater(uri: string): void {
    if (refreshing.size >= mostRefreshes || refreshing.has(uri) || !identity.federates) return;
    refreshing.add(uri);
    fetchShared(uri, new FetchBudget(refreshBudget))
      .catch((error: unknown) => logger('remote').warn('Reading {uri} again failed: {error}', { uri, error }))
      .finally(() => refreshing.delete(uri));
  }

  async function fetchAccount(uri: string, budget: FetchBudget): Promise<Found> {
    const isKnown = (await store.accounts.findByUri(uri)) !== undefined;
    const asked = await ask(uri, budget, { mayBeRecent: !isKnown });
    if (!asked.ok) {
      if (asked.error.reason === 'gone') await markGone(uri);
      return asked;
    }
    if (asked.value.id !== uri) return unreadable(uri, `calls itself ${asked.value.id}`);
    return keepDocument(asked.value.document, budget);
  }

  /** Stores an actor from the document that its own origin has served. */
  async function keepDocument(document: JsonObject, budget: FetchBudget): Promise<Found> {
    const uri = typeof document.id === 'string' ? document.id : '';
    if (!isActor(document)) return unreadable(uri, 'not an account');
    const read = readActor(document);
    if (!read.ok) return unreadable(uri, read.error.detail);
    const known = await store.accounts.findByUri(read.value.uri);
    const handle = await confirm(read.value, known, budget);
    if (!handle.ok) return handle;
    await parts.keysMayHaveChanged(document);
    return ok(await save(read.value, handle.value));
  }

  /** A handle that has not changed was confirmed before. */
  async function confirm(
    actor: ReadActor,
    known: Account | undefined,
    budget: FetchBudget,
  ): Promise<Result<SplitHandle, RemoteFailure>> {
    const isSame = known?.domain != null && known.handle.toLowerCase() === actor.handle.toLowerCase();
    if (isSame) return ok({ handle: known.handle, domain: known.domain });
    return webFinger.confirmHandle(actor, budget);
  }

  async function save(actor: ReadActor, { handle, domain }: SplitHandle): Promise<Account> {
    const { claimedHandle: _claim, publishedAtMs, keyIds: _keys, ...told } = actor;
    const now = clock.now();
    return store.transaction((tx) =>
      tx.accounts.save({
        ...told,
        id: ids.next() as AccountId,
        handle,
        domain,
        createdAtMs: Math.min(publishedAtMs ?? now, now),
        fetchedAtMs: now,
      }),
    );
  }

  /** Its origin says that it is no more: nobody follows it any longer, and nothing is sent there. */
  async function markGone(uri: string): Promise<void> {
    const known = await store.accounts.findByUri(uri);
    if (!known || known.domain === null) return;
    await store.transaction(async (tx) => {
      await tx.accounts.markGone(known.id, clock.now());
      await tx.follows.removeAllOf(known.id);
    });
  }

  async function findByHandle(text: string, budget: FetchBudget): Promise<Found> {
    const asked = webFinger.readHandle(text);
    if (!asked) return failed({ reason: 'bad-handle', host: '', words: `${text.slice(0, 100)} is no handle` });
    const isHere = asked.domain === identity.domain || asked.domain === new URL(identity.origin).host;
    const known = await store.accounts.findByHandle(asked.handle, isHere ? null : asked.domain);
    if (isHere)
      return known
        ? ok(known)
        : failed({ reason: 'not-found', host: asked.domain, words: 'nobody here has that name' });
    if (known && known.goneAtMs === null) return find(known.uri, { budget });
    if (!identity.federates)
      return failed({ reason: 'not-federating', host: asked.domain, words: 'this place has no domain yet' });
    const finger = await webFinger.fetchFinger(asked, budget);
    if (!finger.ok) return finger;
    // Whatever handle was asked for: the account gets the one that it and its domain agree on.
    return find(finger.value.actorUri, { budget });
  }

  return { find, findByHandle, keepDocument };
}

const hostOf = (uri: string): string => (URL.canParse(uri) ? new URL(uri).host : '');
const missing = (uri: string) => failed<RemoteFailure>({ reason: 'not-found', host: hostOf(uri), words: 'not here' });
const unreadable = (uri: string, words: string) =>
  failed<RemoteFailure>({ reason: 'unreadable', host: hostOf(uri), words });
