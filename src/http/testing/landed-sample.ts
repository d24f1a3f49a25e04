import type { DestinationId, HealthRecord, Outcome } from '../../delivery/contract.ts';
import type { TestDesk } from '../../delivery/testing/desk.ts';
import type { Person } from '../../model/account.ts';
import { type AccountId, asId, type FollowId } from '../../model/ids.ts';
import type { Post } from '../../model/post.ts';
import { composePost } from '../../outgoing/compose.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';

/** Servers of the sample with their followers and what became of the post there. */
type Server = readonly [host: string, followers: number, end: Partial<Outcome> | undefined];
const special: readonly Server[] = [
  ['finches.example', 40, undefined],
  ['wrens.example', 31, {}],
  ['tarier.cafe.example', 12, { state: 'waiting', code: 'too-slow', words: 'no answer in 12 s' }],
  ['sparrow.club.example', 9, { state: 'refused', code: 'unauthorised', words: 'HTTP 403: <b>Forbidden</b> here' }],
  ['busy.example', 7, { state: 'waiting', code: 'server-error', words: 'HTTP 502' }],
  ['hedge.example', 3, { state: 'expired', code: 'destination-gone', words: 'connection refused' }],
];

/** A post of the person with deliveries in every state, `more` servers that said yes beside them. Health is written into the place's test desk. */
export async function fillWithLandings(place: OpenPlace, person: Person, more: number): Promise<Post> {
  const { store, ids, clock } = place;
  const nowMs = clock.now();
  const servers = [
    ...special,
    ...Array.from({ length: more }, (_, i) => [`bird${i}.example`, 1 + (i % 3), {}] as Server),
  ];
  for (const [host, followers] of servers) {
    for (let i = 0; i < followers; i++) {
      const account = await store.accounts.save({
        id: asId<AccountId>(ids.next()),
        uri: `https://${host}/users/reader${i}`,
        handle: `reader${i}`,
        domain: host,
        url: `https://${host}/@reader${i}`,
        inboxUrl: `https://${host}/users/reader${i}/inbox`,
        sharedInboxUrl: `https://${host}/inbox`,
        createdAtMs: nowMs,
      });
      await store.follows.save({
        id: asId<FollowId>(ids.next()),
        followerId: account.id,
        followeeId: person.account.id,
        state: 'accepted',
        uri: null,
        showsBoosts: true,
        createdAtMs: nowMs,
      });
    }
  }
  const post = await composePost(place, person, {
    text: 'This morning a dunnock sang for eleven minutes on the telephone wire.',
  });
  if (!post.ok) throw post.error;
  const wanted = servers.map(([host]) => ({
    destination: `fediverse:${host}` as DestinationId,
    limit: 1,
    probe: false,
  }));
  const claims = await store.deliveries.claim(wanted, nowMs);
  const ends = new Map(servers.map(([host, , end]) => [`fediverse:${host}`, end]));
  const outcomes = claims.flatMap(({ deliveryId, destination, address }): Outcome[] => {
    const end = ends.get(destination);
    const outcome = { deliveryId, destination, address, state: 'accepted', attempted: true, atMs: nowMs } as const;
    const isWaiting = end?.state === 'waiting';
    return end ? [{ ...outcome, nextAtMs: isWaiting ? nowMs + 900_000 : 0, ...end }] : [];
  });
  const queues = claims.map(({ destination }) => {
    const isHeld = destination === 'fediverse:tarier.cafe.example';
    return { destination, notBeforeMs: isHeld ? nowMs + 1_800_000 : 0, held: isHeld, pool: 'main' as const };
  });
  await store.deliveries.commit(outcomes, queues, nowMs);
  const { records } = place.destinations as TestDesk;
  const keep = (host: string, record: Partial<HealthRecord>) => {
    const destination = `fediverse:${host}` as DestinationId;
    const plain = { sinceMs: nowMs - 7_200_000, failures: 3, probes: 1, nextProbeAtMs: 0, lastOkAtMs: 0, habit: '' };
    records.set(destination, { destination, state: 'slow', lastWords: '', ...plain, ...record });
  };
  keep('tarier.cafe.example', {
    state: 'resting',
    nextProbeAtMs: nowMs + 1_800_000,
    lastWords: 'no answer in 12 s',
    lastOkAtMs: nowMs - 86_400_000,
  });
  keep('busy.example', { state: 'slow', lastWords: 'HTTP 502' });
  keep('hedge.example', { state: 'gone', sinceMs: nowMs - 9 * 86_400_000, lastWords: 'connection refused' });
  return post.value;
}
