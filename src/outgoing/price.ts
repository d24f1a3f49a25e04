import { destinationAt, priorities } from '../delivery/contract.ts';
import type { Account, Person } from '../model/account.ts';
import type { Audience, Post } from '../model/post.ts';
import type { Reach } from '../model/reach.ts';
import { readMentions } from '../text/write.ts';
import { type Planned, planFanOut } from './fan-out.ts';
import type { OpenPlace } from './open-place.ts';
import type { Target } from './publish.ts';
import { chooseReach } from './reach.ts';

/** What sending a post costs, before it is sent. */
export interface Price {
  /** Servers that are told at once. */
  readonly serversNow: number;
  /** Servers that are told when nothing else waits. */
  readonly serversLater: number;
  /** One's followers on all these servers. */
  readonly followers: number;
  /** How long sending to all of them takes a small machine, when nothing else waits; whole seconds, 0 when nothing is sent. */
  readonly seconds: number;
  /** What this machine sends, handshakes included; estimated. */
  readonly bytes: number;
}

/** The prices of the reaches that one can choose, and the one taken when nobody chooses. */
export type Prices =
  | { readonly usual: Reach; readonly reaches: Readonly<Record<Reach, Price>> }
  | { readonly usual: null; readonly all: Price };

/**
 * Time of one delivery over https with a full handshake, signature and disk included. `bench -- fanout-tls`, a first post to 3,000 servers on two
 * cores: 424 a second, 2.4 ms each (3.9 ms of CPU, spread over both), and a quarter more for what else the machine does.
 */
const msPerDelivery = 3;

/** One delivery without its body: 1,586 bytes of TLS 1.3 ClientHello (X25519MLKEM768), 766 of request line and headers, 102 of finishing and framing; measured at a socket with Node 26.10. */
const bytesPerDelivery = 2_454;
/** A Create without words in it, and with a mention. */
const bytesPerActivity = 1_400;
/** The words stand in it three times: as HTML, in the map of languages, as typed. */
const timesWords = 3;

/** A price stays this long: a page that shows it is opened often, followers come slowly. */
const keptMs = 60_000;
const kept = new WeakMap<object, Map<string, { atMs: number; prices: Prices }>>();

/** What of a draft decides its price. */
export interface PricedDraft {
  readonly text: string;
  readonly audience: Audience;
  readonly answered?: Post | undefined;
}

/** What a draft would cost with each reach. Reads the store only: whom it names and who is not known here counts as one server. */
export async function pricePost(place: OpenPlace, person: Person, draft: PricedDraft): Promise<Prices> {
  if (draft.text.trim() !== '' || draft.answered) return price(place, person, draft);
  // The empty composer of the home page.
  const key = `${person.account.id} ${draft.audience}`;
  const own = kept.get(place.live) ?? new Map<string, { atMs: number; prices: Prices }>();
  kept.set(place.live, own);
  const now = place.clock.monotonic();
  const known = own.get(key);
  if (known && now - known.atMs < keptMs) return known.prices;
  const prices = await price(place, person, draft);
  own.set(key, { atMs: now, prices });
  return prices;
}

async function price(place: OpenPlace, person: Person, draft: PricedDraft): Promise<Prices> {
  const { answered, audience } = draft;
  const { named, unknown } = await readNamed(place, draft.text);
  const planned: Planned = {
    audience,
    authorId: person.account.id,
    inReplyToUri: answered?.uri ?? null,
    inReplyToAccountId: answered?.authorId ?? null,
    // Read of answers only.
    rootId: answered?.rootId ?? ('0' as Post['rootId']),
    // It holds the other two: its thread, and the rest.
    reach: 'gentle',
  };
  const plan = place.identity.federates ? await planFanOut(place.store, planned, named) : { targets: [], reach: null };
  const targets = [...plan.targets, ...(place.identity.federates ? unknown : [])];
  const bytes = bytesOf(draft.text);
  if (plan.reach === null) return { usual: null, all: priceOf(targets, [], bytes) };
  const now = targets.filter(({ priority }) => priority !== priorities.backfill);
  const later = targets.filter(({ priority }) => priority === priorities.backfill);
  const followerServers = (await place.store.follows.inboxesOfFollowers(planned.authorId, { withoutShared: 'never' }))
    .length;
  return {
    usual: chooseReach([person.defaultReach], followerServers),
    reaches: {
      thread: priceOf(now, [], bytes),
      gentle: priceOf(now, later, bytes),
      all: priceOf(targets, [], bytes),
    },
  };
}

const bytesOf = (text: string): number => bytesPerDelivery + bytesPerActivity + timesWords * Buffer.byteLength(text);

function priceOf(now: readonly Target[], later: readonly Target[], bytesEach: number): Price {
  const all = [...now, ...later];
  const hosts = (targets: readonly Target[]) =>
    new Set(targets.map(({ inboxUrl }) => destinationAt('fediverse', inboxUrl)));
  const first = hosts(now);
  return {
    serversNow: first.size,
    serversLater: hosts(all).size - first.size,
    followers: all.reduce((sum, { weight }) => sum + weight, 0),
    seconds: Math.ceil((all.length * msPerDelivery) / 1_000),
    bytes: all.length * bytesEach,
  };
}

/** Whom the words name, as far as they are known here. */
async function readNamed(place: OpenPlace, text: string): Promise<{ named: Account[]; unknown: Target[] }> {
  const named: Account[] = [];
  const unknown: Target[] = [];
  for (const { handle, domain } of readMentions(text).slice(0, 50)) {
    const elsewhere = domain === place.identity.domain ? null : domain;
    const account = await place.store.accounts.findByHandle(handle, elsewhere);
    if (account) named.push(account);
    else if (elsewhere !== null && URL.canParse(`https://${elsewhere}/`)) {
      unknown.push({ inboxUrl: `https://${elsewhere}/`, priority: priorities.waitedFor, weight: 0 });
    }
  }
  return { named, unknown };
}
