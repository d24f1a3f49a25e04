import type { SignedRequest } from '../../activitypub/signature/request.ts';
import { readSignature } from '../../activitypub/signature/verify.ts';
import type { Account } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { RouteContext } from '../route.ts';
import { documentsOf } from './cache.ts';

/** The request as a signature is judged: on the header lines as they came, and on our own host, whatever the request says of it. */
export function signedRequestOf({ place, request, rawHeaders, url }: RouteContext, body: Uint8Array): SignedRequest {
  const origin = new URL(place.identity.origin);
  return {
    method: request.method,
    target: url.pathname + url.search,
    host: origin.host,
    scheme: origin.protocol === 'http:' ? 'http' : 'https',
    headers: rawHeaders,
    body,
  };
}

export const isSigned = ({ rawHeaders }: RouteContext): boolean =>
  rawHeaders.some(([name]) => name.toLowerCase() === 'signature');

/** Who asks: the account whose key signed this; undefined for nobody, for a wrong signature, and for somebody whom this place has never met. */
export async function findViewer(context: RouteContext): Promise<Account | undefined> {
  if (!isSigned(context)) return undefined;
  const verified = await context.place.remote.verify(signedRequestOf(context, new Uint8Array(0)));
  return verified.ok ? context.place.store.accounts.findByUri(verified.value.owner) : undefined;
}

/**
 * True when the one who asks for a public document of a person is somebody whom that person has blocked. Only requests from a server where
 * somebody is blocked are verified: the others get the same document either way, and 3,000 of them come at once.
 */
export async function isBlockedHere(context: RouteContext, personId: AccountId): Promise<boolean> {
  if (!isSigned(context)) return false;
  const { place } = context;
  const read = readSignature(signedRequestOf(context, new Uint8Array(0)), place.clock.now());
  if (!read.ok) return false;
  const hosts = await blockedHosts(place, personId);
  if (hosts.length === 0 || !hosts.includes(URL.parse(read.value.keyId)?.host ?? '')) return false;
  const viewer = await findViewer(context);
  return viewer !== undefined && place.store.blocks.between(personId, viewer.id);
}

/** Hosts of the accounts that a person has blocked; a list as long as people block. */
async function blockedHosts(place: OpenPlace, personId: AccountId): Promise<readonly string[]> {
  const kept = await documentsOf(place).find(`blocked:${personId}`, async () => {
    const hosts = new Set<string>();
    let maxId: string | undefined;
    for (;;) {
      const page = await place.store.blocks.page(personId, { limit: 500, maxId });
      for (const { account } of page) hosts.add(new URL(account.uri).host);
      maxId = page.at(-1)?.cursor;
      if (page.length < 500) return JSON.stringify([...hosts]);
    }
  });
  return JSON.parse(kept?.body ?? '[]') as string[];
}
