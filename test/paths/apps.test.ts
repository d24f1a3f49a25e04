import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { createOAuthAPIClient, createRestAPIClient, MastoHttpError, type mastodon } from 'masto';
import { fillWithSamples } from '../../src/http/testing/sample.ts';
import { type Served, serve } from '../../src/http/testing/serve.ts';
import type { Person } from '../../src/model/account.ts';
import { answerConsent, type Browse } from './apps.browser.ts';
import { apiError, schemaOf } from './apps.schemas.ts';

/** The story of an app: masto.js registers, is let in, and does what apps do; each answer is held against what the documentation promises. */
let served: Served;
let alice: Person;
let bob: Person;
let masto: mastodon.rest.Client;
let bobs: mastodon.rest.Client;
const realFetch = globalThis.fetch;
const unexpected: string[] = [];

/** Every answer that masto.js gets is checked as it came, before the library changes its keys. */
async function checkedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init);
  const response = await realFetch(request.clone());
  const path = new URL(request.url).pathname;
  // The person's browser is in this process as well; its pages are not for apps.
  if (path === '/oauth/authorize') return response;
  const body: unknown = await response.clone().json();
  if (response.ok) {
    const schema = schemaOf.find(([method, pattern]) => method === request.method && pattern.test(path))?.[2];
    const read = schema?.safeParse(body);
    if (!read?.success) unexpected.push(`${request.method} ${path}: ${read ? read.error.message : 'no schema'}`);
  } else if (!apiError.safeParse(body).success) {
    unexpected.push(`${request.method} ${path}: ${response.status} ${JSON.stringify(body)}`);
  }
  return response;
}

const browserOf = async (person: Person): Promise<Browse> => {
  const { cookie } = await served.signIn(person);
  return (path, init) => served.ask(path, { ...init, headers: { cookie, ...init?.headers } });
};

const callback = 'https://app.test/callback';

/** Registers an app and lets it in, the way that a web app with PKCE does. */
async function letIn(person: Person, scope = 'read write follow push'): Promise<string> {
  const app = await createRestAPIClient({ url: served.origin }).v1.apps.create({
    clientName: 'Contract',
    redirectUris: callback,
    scopes: scope,
    website: 'https://app.test/',
  });
  const codeVerifier = `${'v'.repeat(40)}.~_-`;
  const answer = await answerConsent(await browserOf(person), {
    response_type: 'code',
    client_id: app.clientId!,
    redirect_uri: callback,
    scope,
    state: 'some state & more',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const back = new URL(answer.headers.get('location')!);
  assert.equal(back.origin + back.pathname, callback);
  assert.equal(back.searchParams.get('state'), 'some state & more');
  const token = await createOAuthAPIClient({ url: served.origin }).token.create({
    grantType: 'authorization_code',
    clientId: app.clientId!,
    clientSecret: app.clientSecret!,
    redirectUri: callback,
    code: back.searchParams.get('code')!,
    codeVerifier,
    scope,
  } as never);
  return token.accessToken;
}

before(async () => {
  served = await serve({ address: '127.77.40.1' });
  alice = await served.addOwner('alice');
  bob = await served.addOwner('bob');
  globalThis.fetch = checkedFetch;
  masto = createRestAPIClient({ url: served.origin, accessToken: await letIn(alice) });
  bobs = createRestAPIClient({ url: served.origin, accessToken: await letIn(bob) });
});
after(async () => {
  globalThis.fetch = realFetch;
  await served.stop();
  assert.deepEqual(unexpected, [], 'answers that an app would not understand');
});

const missing = (error: unknown) => error instanceof MastoHttpError && error.statusCode === 404;

test('an app reads where it is and for whom', async () => {
  const instance = await masto.v2.instance.fetch();
  assert.equal(instance.domain, 'wagtail.example');
  assert.equal(instance.contact.account?.username, 'alice');
  assert.equal((await masto.v1.instance.fetch()).uri, 'wagtail.example');
  const me = await masto.v1.accounts.verifyCredentials();
  assert.equal(me.username, 'alice');
  assert.equal(me.acct, 'alice');
  assert.equal(me.avatar, `${served.origin}/avatars/default.png`);
  assert.equal((await realFetch(me.avatar)).headers.get('content-type'), 'image/png');
  assert.equal((await realFetch(me.header)).status, 200);
  assert.equal((await masto.v1.apps.verifyCredentials()).name, 'Contract');
  const preferences = await masto.v1.preferences.fetch();
  assert.equal(preferences['posting:default:visibility'], 'public');
});

test('a profile is changed in every part that can be, and the rest is refused', async () => {
  const changed = await masto.v1.accounts.updateCredentials({
    displayName: 'Alice W.',
    note: 'Birds & <more>',
    locked: true,
    discoverable: true,
    fieldsAttributes: [{ name: 'Web', value: 'https://wren.example/' }],
    source: { privacy: 'unlisted', sensitive: true, language: 'fr' },
  });
  assert.equal(changed.displayName, 'Alice W.');
  assert.ok(changed.note.includes('Birds &amp; &lt;more&gt;'), changed.note);
  assert.deepEqual(
    [changed.locked, changed.source.privacy, changed.source.sensitive, changed.source.language],
    [true, 'unlisted', true, 'fr'],
  );
  assert.equal(changed.source.note, 'Birds & <more>');
  assert.equal(changed.source.fields[0]?.value, 'https://wren.example/');
  assert.match(changed.fields[0]!.value, /^<a /);
  await assert.rejects(
    masto.v1.accounts.updateCredentials({ avatar: new Blob(['x'], { type: 'image/png' }) }),
    /uploaded/,
  );
  const back = await masto.v1.accounts.updateCredentials({
    locked: false,
    source: { privacy: 'public', sensitive: false, language: 'en' },
  });
  assert.deepEqual([back.locked, back.source.privacy, back.displayName], [false, 'public', 'Alice W.']);
});

test('a post is written, answered, edited and deleted', async () => {
  const post = await masto.v1.statuses.create({
    status: 'Hello #birds and @bob, see https://wren.example/song',
    spoilerText: 'birds',
    language: 'en',
    visibility: 'unlisted',
  });
  assert.deepEqual(
    [post.visibility, post.spoilerText, post.sensitive, post.language, post.application?.name],
    ['unlisted', 'birds', true, 'en', 'Contract'],
  );
  assert.deepEqual([post.tags[0]?.name, post.mentions[0]?.acct, post.favourited], ['birds', 'bob', false]);
  const answer = await bobs.v1.statuses.create({ status: '@alice hello back', inReplyToId: post.id });
  assert.deepEqual([answer.inReplyToId, answer.inReplyToAccountId], [post.id, alice.account.id]);
  const thread = await masto.v1.statuses.$select(post.id).context.fetch();
  assert.deepEqual(
    thread.descendants.map(({ id }) => id),
    [answer.id],
  );
  const above = await bobs.v1.statuses.$select(answer.id).context.fetch();
  assert.deepEqual(
    above.ancestors.map(({ id }) => id),
    [post.id],
  );
  const edited = await masto.v1.statuses.$select(post.id).update({ status: 'Hello all' });
  assert.deepEqual([edited.id, edited.spoilerText, edited.repliesCount], [post.id, 'birds', 1]);
  assert.ok(edited.editedAt);
  assert.equal((await masto.v1.statuses.$select(post.id).source.fetch()).text, 'Hello all');
  const history = await masto.v1.statuses.$select(post.id).history.list();
  assert.equal(history.length, 2);
  assert.ok(history[0]!.content.includes('birds') && history[1]!.content.includes('Hello all'));
  await assert.rejects(bobs.v1.statuses.$select(post.id).update({ status: 'mine now' }), missing);
  await assert.rejects(bobs.v1.statuses.$select(post.id).remove(), missing);
  const removed = await masto.v1.statuses.$select(post.id).remove();
  assert.equal(removed.text, 'Hello all');
  await assert.rejects(masto.v1.statuses.$select(post.id).fetch(), missing);
});

test('liking and boosting answer with what changed, and are taken back', async () => {
  const { id } = await bobs.v1.statuses.create({ status: 'Like me' });
  const post = masto.v1.statuses.$select(id);
  const liked = await post.favourite();
  assert.deepEqual([liked.id, liked.favourited, liked.favouritesCount], [id, true, 1]);
  assert.deepEqual(
    (await post.favouritedBy.list()).map(({ acct }) => acct),
    ['alice'],
  );
  assert.equal((await masto.v1.favourites.list())[0]?.id, id);
  const unliked = await post.unfavourite();
  assert.deepEqual([unliked.favourited, unliked.favouritesCount], [false, 0]);
  const boost = await post.reblog();
  assert.deepEqual(
    [boost.reblog?.id, boost.reblogged, boost.reblog?.reblogged, boost.reblogsCount],
    [id, true, true, 1],
  );
  assert.equal((await post.reblog()).id, boost.id);
  assert.deepEqual(
    (await post.rebloggedBy.list()).map(({ acct }) => acct),
    ['alice'],
  );
  const unboosted = await post.unreblog();
  assert.deepEqual([unboosted.id, unboosted.reblogged, unboosted.reblogsCount], [id, false, 0]);
  const direct = await bobs.v1.statuses.create({ status: '@alice psst', visibility: 'direct' });
  await assert.rejects(masto.v1.statuses.$select(direct.id).reblog(), /fewer people/);
});

test('follows, requests, blocks and mutes answer with the relation', async () => {
  const him = masto.v1.accounts.$select(bob.account.id);
  assert.equal((await him.follow()).following, true);
  assert.equal((await him.follow({ reblogs: false })).showingReblogs, false);
  assert.equal((await masto.v1.accounts.verifyCredentials()).followingCount, 1);
  assert.deepEqual(
    (await masto.v1.accounts.$select(alice.account.id).following.list()).map(({ acct }) => acct),
    ['bob'],
  );
  assert.equal((await bobs.v1.accounts.relationships.fetch({ id: [alice.account.id] }))[0]?.followedBy, true);
  assert.equal((await him.unfollow()).following, false);

  await bobs.v1.accounts.updateCredentials({ locked: true });
  assert.deepEqual(
    [
      (await him.follow()).requested,
      (await masto.v1.accounts.relationships.fetch({ id: [bob.account.id] }))[0]?.following,
    ],
    [true, false],
  );
  assert.deepEqual(
    (await bobs.v1.followRequests.list()).map(({ acct }) => acct),
    ['alice'],
  );
  assert.equal((await bobs.v1.accounts.verifyCredentials()).source.followRequestsCount, 1);
  assert.equal((await bobs.v1.followRequests.$select(alice.account.id).authorize()).followedBy, true);
  const [relation] = await masto.v1.accounts.relationships.fetch({ id: [bob.account.id] });
  assert.deepEqual([relation?.following, relation?.requested], [true, false]);
  await bobs.v1.accounts.$select(alice.account.id).removeFromFollowers();
  assert.equal((await bobs.v1.accounts.relationships.fetch({ id: [alice.account.id] }))[0]?.followedBy, false);
  await him.follow();
  assert.equal((await bobs.v1.followRequests.$select(alice.account.id).reject()).requestedBy, false);
  await bobs.v1.accounts.updateCredentials({ locked: false });

  assert.deepEqual(
    [(await him.mute({ notifications: false })).muting, (await him.mute({ notifications: true })).mutingNotifications],
    [true, true],
  );
  assert.deepEqual(
    (await masto.v1.mutes.list()).map(({ acct }) => acct),
    ['bob'],
  );
  assert.equal((await him.unmute()).muting, false);
  assert.equal((await him.block()).blocking, true);
  assert.deepEqual(
    (await masto.v1.blocks.list()).map(({ acct }) => acct),
    ['bob'],
  );
  assert.equal((await bobs.v1.accounts.relationships.fetch({ id: [alice.account.id] }))[0]?.blockedBy, true);
  assert.equal((await him.unblock()).blocking, false);
  await assert.rejects(masto.v1.accounts.$select(alice.account.id).follow(), /you/);
});

test('notifications are told, filtered, dismissed and cleared', async () => {
  await masto.v1.notifications.clear();
  const { id } = await masto.v1.statuses.create({ status: 'Tell me' });
  await bobs.v1.statuses.$select(id).favourite();
  await bobs.v1.statuses.$select(id).reblog();
  await bobs.v1.accounts.$select(alice.account.id).follow();
  await bobs.v1.statuses.create({ status: '@alice here', inReplyToId: id });
  const all = await masto.v1.notifications.list();
  assert.deepEqual(
    all.map(({ type }) => type),
    ['mention', 'follow', 'reblog', 'favourite'],
  );
  assert.ok(all.every(({ account }) => account.acct === 'bob'));
  assert.equal(all.at(-1)?.status?.id, id);
  const types = async (query: mastodon.rest.v1.ListNotificationsParams) =>
    (await masto.v1.notifications.list(query)).map(({ type }) => type);
  assert.deepEqual(await types({ types: ['favourite', 'reblog'] }), ['reblog', 'favourite']);
  assert.deepEqual(await types({ excludeTypes: ['mention', 'follow'] }), ['reblog', 'favourite']);
  assert.deepEqual(await types({ types: ['poll'] }), []);
  assert.equal((await masto.v1.notifications.unreadCount.fetch()).count, 4);
  await masto.v1.markers.create({ notifications: { lastReadId: all[0]!.id } });
  assert.equal((await masto.v1.notifications.unreadCount.fetch()).count, 0);
  const markers = await masto.v1.markers.fetch({ timeline: ['home', 'notifications'] });
  assert.deepEqual(
    [markers.notifications.lastReadId, markers.notifications.version, markers.home],
    [all[0]!.id, 1, undefined],
  );
  const one = masto.v1.notifications.$select(all[0]!.id);
  assert.equal((await one.fetch()).type, 'mention');
  await assert.rejects(bobs.v1.notifications.$select(all[0]!.id).fetch(), missing);
  await assert.rejects(bobs.v1.notifications.$select(all[0]!.id).dismiss(), missing);
  await one.dismiss();
  await assert.rejects(one.fetch(), missing);
  await masto.v1.notifications.clear();
  assert.deepEqual(await masto.v1.notifications.list(), []);
});

test('what comes from elsewhere is shown as well as what is from here', async () => {
  await fillWithSamples(served.place, alice);
  const home = await masto.v1.timelines.home.list({ limit: 40 });
  const remote = home.filter(({ account, reblog }) => (reblog?.account ?? account).acct.includes('@'));
  assert.ok(remote.length > 0, 'the samples come from elsewhere too');
  for (const status of remote) {
    await masto.v1.statuses.$select(status.id).fetch();
    await masto.v1.statuses.$select(status.id).context.fetch();
    await masto.v1.accounts.$select(status.account.id).fetch();
    await masto.v1.accounts.$select(status.account.id).statuses.list();
    await masto.v1.accounts.$select(status.account.id).followers.list();
  }
  await masto.v1.notifications.list();
  await masto.v1.timelines.public.list({ remote: true });
});

test('search finds accounts, hashtags and addresses', async () => {
  const { url } = await masto.v1.statuses.create({ status: 'Findable #nightingales' });
  const byAddress = await bobs.v2.search.list({ q: url!, resolve: true });
  assert.deepEqual(
    byAddress.statuses.map((status) => status.url),
    [url],
  );
  for (const q of ['bob', '@bob', 'bob@wagtail.example', '@BOB@wagtail.example']) {
    assert.deepEqual(
      (await masto.v2.search.list({ q, type: 'accounts' })).accounts.map(({ acct }) => acct),
      ['bob'],
      q,
    );
  }
  assert.deepEqual(
    (await bobs.v2.search.list({ q: '#nighting' })).hashtags.map(({ name }) => name),
    ['nightingales'],
  );
  assert.deepEqual(
    (await masto.v1.accounts.search.list({ q: 'bo' })).map(({ acct }) => acct),
    ['bob'],
  );
  assert.equal((await masto.v1.accounts.lookup({ acct: 'bob@wagtail.example' })).id, bob.account.id);
  const nothing = await masto.v2.search.list({ q: 'https://nowhere.example/@x/1', resolve: true });
  assert.deepEqual([nothing.accounts, nothing.statuses, nothing.hashtags], [[], [], []]);
  const secret = await bobs.v1.statuses.create({ status: 'Only me #verysecrettag', visibility: 'private' });
  assert.deepEqual((await masto.v2.search.list({ q: '#verysecret' })).hashtags, []);
  assert.deepEqual((await masto.v2.search.list({ q: secret.uri, resolve: true })).statuses, []);
});

test('lists lead to their neighbours both ways and stay stable while posts arrive', async () => {
  const written: string[] = [];
  for (let n = 0; n < 7; n++) written.unshift((await bobs.v1.statuses.create({ status: `Page me ${n} #pages` })).id);
  const list = masto.v1.timelines.tag.$select('pages').list({ limit: 3 });
  const seen: string[] = [];
  let arrived = 0;
  for await (const page of list) {
    seen.push(...page.map(({ id }) => id));
    arrived += 1;
    await bobs.v1.statuses.create({ status: 'One more #pages' });
  }
  assert.deepEqual(seen, written);
  const ids = async (query: mastodon.DefaultPaginationParams) =>
    (await masto.v1.timelines.tag.$select('pages').list(query)).map(({ id }) => id);
  assert.deepEqual(await ids({ maxId: written[2]!, limit: 2 }), written.slice(3, 5));
  assert.deepEqual(await ids({ minId: written[6]!, limit: 2 }), written.slice(4, 6));
  assert.deepEqual(await ids({ sinceId: written[2]!, maxId: written[0]! }), [written[1]]);
  assert.deepEqual(await ids({ maxId: '1' }), []);
  assert.equal((await ids({ sinceId: '0' })).length, written.length + arrived);
});

test('what is not here yet is empty or refused with a sentence', async () => {
  assert.deepEqual(
    await Promise.all([
      masto.v1.customEmojis.list(),
      masto.v1.announcements.list(),
      masto.v1.trends.tags.list(),
      masto.v1.trends.statuses.list(),
      masto.v1.trends.links.list(),
      masto.v2.suggestions.list(),
      masto.v1.lists.list(),
      masto.v2.filters.list(),
      masto.v1.conversations.list(),
      masto.v1.bookmarks.list(),
      masto.v1.scheduledStatuses.list(),
      masto.v1.followedTags.list(),
      masto.v1.domainBlocks.list(),
      masto.v1.featuredTags.list(),
      masto.v1.instance.peers.list(),
    ]),
    Array(15).fill([]),
  );
  await masto.v1.instance.extendedDescription.fetch();
  await assert.rejects(masto.v1.push.subscription.fetch(), missing);
  await assert.rejects(masto.v2.media.create({ file: new Blob(['x']) }), /cannot be posted here yet/);
  await assert.rejects(
    masto.v1.statuses.create({ status: 'x', poll: { options: ['a', 'b'], expiresIn: 300 } } as never),
    /Polls/,
  );
  await assert.rejects(masto.v1.statuses.create({ status: 'x', mediaIds: ['1'] }), /Pictures/);
  await assert.rejects(masto.v1.statuses.create({ status: ' ' }), (error: MastoHttpError) => error.statusCode === 422);
});
