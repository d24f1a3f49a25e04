import { type PublicKey, readMultikey, readPublicKey } from '../activitypub/signature/keys.ts';
import type { KeyAlgorithm, SignatureFailure, SignedRequest, Signer } from '../activitypub/signature/request.ts';
import { checkSignature, readSignature } from '../activitypub/signature/verify.ts';
import type { Clock } from '../base/clock.ts';
import { isJsonObject, type JsonObject } from '../base/json.ts';
import { limits } from '../base/limits.ts';
import { isSameOrigin, readRemoteUrl } from '../base/net/hostname.ts';
import type { LabHost } from '../base/net/lab.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { DocumentFailure, DocumentReader } from './fetch.ts';

/**
 * Whose key signed this? A key is believed when its owner's document lists it and it names that owner, both served by their own
 * origin, which is one (CVE-2025-54888, THREATS 10). What was not found is remembered too (CVE-2026-34148).
 */

/**
 * `gone`: 410, the owner was deleted. `unreachable`: its server is slow or out of order, so the sender may ask us again (503).
 * `refused`: no such key, not theirs, or nobody there at all.
 */
export interface KeyMiss {
  readonly reason: 'gone' | 'unreachable' | 'refused';
  readonly detail: string;
}

/** A miss from the network. Final: its origin has said so, and not merely failed to answer. */
interface FreshMiss extends KeyMiss {
  readonly isFinal: boolean;
}

export interface StoredKey {
  readonly kind: 'key';
  readonly keyId: string;
  /** Id of the actor that the key speaks for. */
  readonly owner: string;
  readonly algorithm: KeyAlgorithm;
  /** SPKI. */
  readonly pem: string;
  /** Wall time. */
  readonly fetchedAtMs: number;
}

/** Where keys are kept, implemented by the store. May be lost; may drop the oldest rows. */
export interface KeyCache {
  find(keyId: string): Promise<StoredKey | ({ readonly kind: 'miss'; readonly untilMs: number } & KeyMiss) | undefined>;
  /** Replaces what was there, a miss as well. */
  save(key: StoredKey): Promise<void>;
  /** Never replaces a key. `untilMs`: wall time. */
  saveMiss(keyId: string, untilMs: number, miss: KeyMiss): Promise<void>;
  /** After an Update of its owner was fetched from the origin, or when the owner is gone. */
  forget(keyId: string): Promise<void>;
}

export interface FoundKey {
  readonly keyId: string;
  readonly owner: string;
  readonly key: PublicKey;
  readonly fetchedAtMs: number;
  /** The owner's whole document when it was fetched just now: no need to fetch it again. */
  readonly ownerDocument?: JsonObject;
}

export interface KeyFinder {
  /** `signAs`: many servers show an actor to nobody else. */
  find(keyId: string, signAs?: Signer): Promise<Result<FoundKey, KeyMiss>>;
  /** After a signature failed with `found`: asks the origin whether the key has changed, at most every 5 minutes per key. */
  renew(found: FoundKey, signAs?: Signer): Promise<Result<FoundKey, KeyMiss>>;
}

/** A key that failed is asked for again when it is older: a server that has just lost its keys speaks again after 5 minutes. */
const renewAfterMs = 5 * 60_000;
/** A key is asked for again when older, so that a withdrawn one does not speak for ever; the old one stands in when nobody answers. */
const staleAfterMs = 7 * 24 * 3_600_000;
/** A server that does not answer is asked again soon: its honest senders wait with 503. */
const briefMissMs = 60_000;
/** Parsed keys and times of renewal in memory, 1 kB each. */
const keptInMemory = 2_000;

export interface KeyFinderParts {
  readonly documents: DocumentReader;
  readonly cache: KeyCache;
  readonly clock: Clock;
  /** True for URLs of this process's own places. */
  readonly isLocal: (url: URL) => boolean;
  readonly labHosts?: readonly LabHost[];
}

export function createKeyFinder(parts: KeyFinderParts): KeyFinder {
  const { cache, clock } = parts;
  const underWay = new Map<string, Promise<Result<FoundKey, FreshMiss>>>();
  const parsed = new BoundedMap<PublicKey>(keptInMemory);
  const renewed = new BoundedMap<number>(keptInMemory);

  /** Two requests for one key are one fetch. */
  function fetchShared(keyId: string, signAs: Signer | undefined): Promise<Result<FoundKey, FreshMiss>> {
    let running = underWay.get(keyId);
    if (!running) {
      running = fetchAndSave(keyId, signAs).finally(() => underWay.delete(keyId));
      underWay.set(keyId, running);
    }
    return running;
  }

  async function fetchAndSave(keyId: string, signAs: Signer | undefined): Promise<Result<FoundKey, FreshMiss>> {
    const fetched = await fetchKey(parts, keyId, signAs);
    if (fetched.ok) {
      const { owner, key, fetchedAtMs } = fetched.value;
      await cache.save({ kind: 'key', keyId, owner, algorithm: key.algorithm, pem: key.pem, fetchedAtMs });
    } else {
      const { isFinal, reason, detail } = fetched.error;
      if (isFinal) await cache.forget(keyId);
      await cache.saveMiss(keyId, clock.now() + (isFinal ? limits.keyMissMs : briefMissMs), { reason, detail });
    }
    return fetched;
  }

  function parse(pem: string): PublicKey | undefined {
    const known = parsed.get(pem);
    if (known) return known;
    const read = readPublicKey(pem);
    if (!read.ok) return undefined;
    parsed.set(pem, read.value);
    return read.value;
  }

  async function find(keyId: string, signAs?: Signer): Promise<Result<FoundKey, KeyMiss>> {
    const url = readRemoteUrl(keyId, parts.labHosts);
    if (!url.ok) return refused(`the key's address: ${url.error}`);
    if (parts.isLocal(url.value)) return refused('a key of our own place');
    const row = await cache.find(keyId);
    if (row?.kind === 'miss' && row.untilMs > clock.now()) return failed({ reason: row.reason, detail: row.detail });
    const key = row?.kind === 'key' ? parse(row.pem) : undefined;
    if (row?.kind !== 'key' || !key) return fetchShared(keyId, signAs);
    const { owner, fetchedAtMs } = row;
    const known: FoundKey = { keyId, owner, key, fetchedAtMs };
    if (clock.now() - fetchedAtMs < staleAfterMs) return ok(known);
    const fresh = await renew(known, signAs);
    return fresh.ok || fresh.error.isFinal ? fresh : ok(known);
  }

  async function renew(found: FoundKey, signAs?: Signer): Promise<Result<FoundKey, FreshMiss>> {
    const now = clock.now();
    const lastMs = Math.max(found.fetchedAtMs, renewed.get(found.keyId) ?? 0);
    if (now - lastMs < renewAfterMs) {
      return failed({ reason: 'unreachable', detail: 'asked a moment ago', isFinal: false });
    }
    renewed.set(found.keyId, now);
    return fetchShared(found.keyId, signAs);
  }

  return { find, renew };
}

const refused = (detail: string) => failed<FreshMiss>({ reason: 'refused', detail, isFinal: true });

function missOf(failure: DocumentFailure): FreshMiss {
  const { reason, detail } = failure;
  if (reason === 'gone') return { reason, detail, isFinal: true };
  if (reason === 'unreachable') return { reason: failure.isDown ? 'refused' : reason, detail, isFinal: false };
  return { reason: 'refused', detail, isFinal: true };
}

async function fetchKey(
  parts: KeyFinderParts,
  keyId: string,
  signAs: Signer | undefined,
): Promise<Result<FoundKey, FreshMiss>> {
  const endsAt = parts.clock.monotonic() + limits.keyFetchMs;
  const read = (url: string) =>
    parts.documents.fetchDocument(url, { signAs, deadlineMs: Math.max(1, endsAt - parts.clock.monotonic()) });
  const first = await read(keyId);
  if (!first.ok) return failed(missOf(first.error));
  if (first.value.id !== keyId || listedKeys(first.value.document, keyId).length > 0) {
    return keyOf(parts, keyId, first.value.id, first.value.document);
  }
  // A document of its own for the key: it names its owner, whose document must list it.
  const owner = first.value.document.owner ?? first.value.document.controller;
  if (typeof owner !== 'string' || !isSameOrigin(owner, keyId)) return refused('the key names no owner of its origin');
  const second = await read(owner);
  if (!second.ok) return failed(missOf(second.error));
  if (second.value.id !== owner) return refused('the owner has another id');
  return keyOf(parts, keyId, owner, second.value.document, first.value.document);
}

/**
 * The key `keyId` as the owner's document lists it.
 * @param keyDocument what a bare reference in that list stands for.
 */
function keyOf(
  parts: KeyFinderParts,
  keyId: string,
  owner: string,
  ownerDocument: JsonObject,
  keyDocument?: JsonObject,
): Result<FoundKey, FreshMiss> {
  if (!isSameOrigin(owner, keyId)) return refused('the key and its owner have different origins');
  const [entry, another] = listedKeys(ownerDocument, keyId);
  if (entry === undefined) return refused(`${owner} does not list this key`);
  if (another !== undefined) return refused(`${owner} lists this key twice`);
  const material = typeof entry === 'string' ? keyDocument : entry;
  if (!material) return refused('the key is only named, not shown');
  if ((material.owner ?? material.controller) !== owner) return refused('the key names another owner');
  const { publicKeyPem, publicKeyMultibase } = material;
  const key =
    typeof publicKeyPem === 'string'
      ? readPublicKey(publicKeyPem)
      : typeof publicKeyMultibase === 'string'
        ? readMultikey(publicKeyMultibase)
        : undefined;
  if (!key?.ok) return refused(`not a key that we use: ${key?.error ?? 'no material'}`);
  return ok({ keyId, owner, key: key.value, fetchedAtMs: parts.clock.now(), ownerDocument });
}

/** Entries of `publicKey` and `assertionMethod` (FEP-521a) with this id, embedded or as a bare reference. */
function listedKeys(document: JsonObject, keyId: string): (JsonObject | string)[] {
  const entries = [document.publicKey, document.assertionMethod].flat().slice(0, 32);
  return entries.filter((entry): entry is JsonObject | string =>
    isJsonObject(entry) ? entry.id === keyId : entry === keyId,
  );
}

/** A request whose sender is known. */
export interface VerifiedRequest {
  readonly keyId: string;
  /** Id of the actor that signed. The caller compares it with the activity's actor (THREATS 2). */
  readonly owner: string;
  readonly signedAtMs: number;
  readonly ownerDocument?: JsonObject;
}

/** `status` is the answer that fits: 401, or 503 when the key's server is what fails us (with `Retry-After`). */
export interface VerifyFailure {
  readonly status: 401 | 503;
  readonly reason: SignatureFailure | 'key-gone' | 'key-unreachable' | 'key-refused';
  readonly detail: string;
}

/**
 * Verifies a request in either form: reads the signature, finds the key, checks; with a key that may have been replaced, asks its
 * origin once and checks again (THREATS 13: a new key is only believed from the origin).
 */
export async function verifyRequest(
  request: SignedRequest,
  keys: KeyFinder,
  clock: Clock,
  signAs?: Signer,
): Promise<Result<VerifiedRequest, VerifyFailure>> {
  const read = readSignature(request, clock.now());
  if (!read.ok) return failed({ status: 401, reason: read.error, detail: 'the signature' });
  const { keyId, signedAtMs } = read.value;
  const found = await keys.find(keyId, signAs);
  if (!found.ok) {
    const { reason, detail } = found.error;
    return failed({ status: reason === 'unreachable' ? 503 : 401, reason: `key-${reason}`, detail });
  }
  let used = found.value;
  let checked = checkSignature(read.value, used.key);
  if (!checked.ok) {
    const fresh = await keys.renew(used, signAs);
    if (fresh.ok && fresh.value.key.pem !== used.key.pem) {
      used = fresh.value;
      checked = checkSignature(read.value, used.key);
    }
  }
  if (!checked.ok) return failed({ status: 401, reason: checked.error, detail: `with the key ${keyId}` });
  return ok({ keyId, owner: used.owner, signedAtMs, ownerDocument: used.ownerDocument });
}

/** A map that forgets its oldest entries. */
class BoundedMap<T> extends Map<string, T> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: string, value: T): this {
    super.delete(key);
    super.set(key, value);
    if (this.size > this.#most) super.delete(this.keys().next().value!);
    return this;
  }
}
