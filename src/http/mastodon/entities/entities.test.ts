import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Person } from '../../../model/account.ts';
import type { AccountId, PostId } from '../../../model/ids.ts';
import { addresses } from '../../../model/place.ts';
import { audiences, type Post, type PostView } from '../../../model/post.ts';
import { renderAccount, renderCredentialAccount } from './account.ts';
import { renderInstance, renderInstanceV1 } from './instance.ts';
import { renderNotification } from './notification.ts';
import { renderDeletedStatus, renderHistory, renderStatus } from './status.ts';
import type { Viewer } from './viewer.ts';
import { readVisibility, visibilities } from './visibility.ts';

const origin = 'https://wren.example';
const place = { identity: { domain: 'wren.example', origin, federates: true }, addresses: addresses(origin) };
const stranger: Viewer = { place, viewerId: null };
const viewerId = '1000000000000000001' as AccountId;
const viewer: Viewer = { place, viewerId };

/** A remote account of which its origin told as little as it may. */
const bare: Account = {
  id: '1000000000000000002' as AccountId,
  uri: 'https://far.example/users/finch',
  handle: 'finch',
  domain: 'far.example',
  kind: 'Service',
  displayName: '',
  bioHtml: '',
  url: null,
  avatarUrl: null,
  headerUrl: null,
  inboxUrl: null,
  sharedInboxUrl: null,
  outboxUrl: null,
  followersUrl: null,
  featuredUrl: null,
  locked: false,
  discoverable: false,
  fields: [{ name: 'Web', valueHtml: '<a href="https://far.example">far.example</a>' }],
  emojis: [{ shortcode: 'egg', url: 'https://far.example/egg.png' }],
  alsoKnownAs: [],
  movedTo: null,
  followersCount: 1,
  followingCount: 2,
  postsCount: 3,
  lastPostAtMs: null,
  createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  fetchedAtMs: 0,
  goneAtMs: null,
};

const post: Post = {
  id: '1000000000000000010' as PostId,
  uri: 'https://far.example/notes/1',
  url: null,
  authorId: bare.id,
  audience: 'quiet',
  boostOfId: null,
  contentHtml: '<p>Song</p>',
  sourceText: null,
  contentWarning: '',
  sensitive: false,
  language: null,
  kind: 'Note',
  title: null,
  inReplyToId: null,
  inReplyToUri: null,
  inReplyToAccountId: null,
  rootId: '1000000000000000010' as PostId,
  conversationUri: null,
  repliesUrl: null,
  attachments: [],
  emojis: [],
  publishedAtMs: Date.UTC(2026, 0, 2),
  editedAtMs: null,
  repliesCount: 1,
  boostsCount: 2,
  likesCount: 3,
  appId: null,
  reach: null,
};

const view = (changes: Partial<Post> = {}, more: Partial<PostView> = {}): PostView => ({
  post: { ...post, ...changes },
  author: bare,
  mentions: [],
  tags: [],
  boostOf: null,
  likedByViewer: false,
  boostedByViewer: false,
  appName: null,
  appWebsite: null,
  ...more,
});

test('an account without pictures and page has addresses all the same', () => {
  const account = renderAccount(bare, stranger);
  assert.deepEqual(
    [account.avatar, account.avatar_static, account.header, account.header_static, account.url],
    [
      `${origin}/avatars/default.png`,
      `${origin}/avatars/default.png`,
      `${origin}/headers/default.png`,
      `${origin}/headers/default.png`,
      bare.uri,
    ],
  );
  assert.deepEqual([account.acct, account.bot, account.last_status_at], ['finch@far.example', true, null]);
  assert.equal(account.created_at, '2026-01-02T03:04:05.006Z');
  assert.deepEqual(account.emojis[0], {
    shortcode: 'egg',
    url: 'https://far.example/egg.png',
    static_url: 'https://far.example/egg.png',
    visible_in_picker: false,
  });
  assert.equal('suspended' in account, false);
  assert.equal(renderAccount({ ...bare, goneAtMs: 1, lastPostAtMs: Date.UTC(2026, 4, 6) }, stranger).suspended, true);
  assert.equal(renderAccount({ ...bare, lastPostAtMs: Date.UTC(2026, 4, 6) }, stranger).last_status_at, '2026-05-06');
});

test('what depends on the viewer is there for a viewer only, and a pin only on own posts', () => {
  const own = ['favourited', 'reblogged', 'muted', 'bookmarked', 'filtered'];
  const forStranger = renderStatus(view(), stranger);
  assert.deepEqual(
    own.filter((key) => key in forStranger),
    [],
  );
  const forViewer = renderStatus(view({}, { likedByViewer: true }), viewer);
  assert.deepEqual(
    own.filter((key) => !(key in forViewer)),
    [],
  );
  assert.deepEqual([forViewer.favourited, forViewer.reblogged, 'pinned' in forViewer], [true, false, false]);
  assert.equal(renderStatus(view({ authorId: viewerId }), viewer).pinned, false);
});

test('a boost carries the post, its counts and what the viewer did to it', () => {
  const boost = view(
    {
      id: '1000000000000000020' as PostId,
      boostOfId: post.id,
      contentHtml: '',
      repliesCount: 0,
      boostsCount: 0,
      likesCount: 0,
    },
    { boostOf: view({}, { likedByViewer: true, boostedByViewer: true }) },
  );
  const status = renderStatus(boost, viewer);
  assert.deepEqual([status.id, status.reblog?.id, status.reblog?.reblog], ['1000000000000000020', post.id, null]);
  assert.deepEqual(
    [status.replies_count, status.reblogs_count, status.favourites_count, status.favourited, status.reblogged],
    [1, 2, 3, true, true],
  );
});

test('the app is named on posts from here only; a title stands above its text, harmless', () => {
  const app = { appName: 'Toot', appWebsite: null };
  assert.equal('application' in renderStatus(view({}, app), viewer), false);
  const local = renderStatus(view({}, { ...app, author: { ...bare, domain: null } }), viewer);
  assert.deepEqual(local.application, { name: 'Toot', website: null });
  assert.equal(
    renderStatus(view({ kind: 'Article', title: 'A <b> & c' }), viewer).content,
    '<p><strong>A &lt;b&gt; &amp; c</strong></p><p>Song</p>',
  );
});

test('attachments of every kind have a type, a description or null, and an id that stays', () => {
  const attachment = {
    url: 'https://far.example/a',
    mediaType: 'image/png',
    description: '',
    width: 400,
    height: 200,
    blurhash: null,
    focus: [0.5, -0.25] as const,
  };
  const kinds = ['image', 'video', 'audio', 'other'] as const;
  const attachments = kinds.map((kind) => ({ ...attachment, kind }));
  const rendered = renderStatus(view({ attachments }), viewer).media_attachments as Record<string, unknown>[];
  assert.deepEqual(
    rendered.map(({ type }) => type),
    ['image', 'video', 'audio', 'unknown'],
  );
  assert.equal(new Set(rendered.map(({ id }) => id)).size, 4);
  assert.deepEqual(
    [rendered[0]!.description, rendered[0]!.meta],
    [null, { original: { width: 400, height: 200, size: '400x200', aspect: 2 }, focus: { x: 0.5, y: -0.25 } }],
  );
});

test('a deleted post gives the typed words back; the history ends with the present wording', () => {
  assert.equal(renderDeletedStatus(view({ sourceText: 'Song' }), viewer).text, 'Song');
  const earlier = [{ atMs: 1, contentHtml: '<p>First</p>', contentWarning: 'cw', sensitive: true }];
  const history = renderHistory(view({ editedAtMs: 2 }), earlier, viewer);
  assert.deepEqual(
    history.map(({ content, spoiler_text, created_at }) => [content, spoiler_text, created_at]),
    [
      ['<p>First</p>', 'cw', '1970-01-01T00:00:00.001Z'],
      ['<p>Song</p>', '', '1970-01-01T00:00:00.002Z'],
    ],
  );
});

test('every audience has a word of Mastodon, and back', () => {
  for (const audience of audiences) assert.equal(readVisibility(visibilities[audience]), audience);
  assert.equal(readVisibility('quiet'), undefined);
  assert.equal(readVisibility('constructor'), undefined);
});

test('a follow notification has no status, a like has one', () => {
  const about = { id: '1000000000000000030' as never, account: bare, createdAtMs: 0 };
  const follow = renderNotification({ ...about, kind: 'follow-request', post: null }, viewer);
  assert.deepEqual([follow.type, 'status' in follow], ['follow_request', false]);
  const like = renderNotification({ ...about, kind: 'like', post: view() }, viewer);
  assert.deepEqual([like.type, like.status?.id], ['favourite', post.id]);
});

test('a place where nobody lives yet can be described, and names no stream', () => {
  const empty = { people: [], postsCount: 0 };
  const instance = renderInstance(empty, stranger);
  assert.deepEqual(
    [instance.title, instance.contact.account, instance.api_versions],
    ['wren.example', null, { mastodon: 1 }],
  );
  assert.equal('streaming' in instance.configuration.urls, false);
  assert.equal(renderInstanceV1(empty, stranger).contact_account, null);
});

test('the person reads the own settings beside the account', () => {
  const person: Person = {
    account: { ...bare, domain: null },
    bioText: 'Birds',
    language: 'fr',
    defaultAudience: 'followers',
    defaultSensitive: true,
    showsFollows: false,
    defaultReach: null,
    keys: { rsaPrivate: 'secret', rsaPublic: '', ed25519Private: 'secret', ed25519Public: '' },
    createdAtMs: 0,
  };
  const account = renderCredentialAccount(
    person,
    { followRequestsCount: 2, fields: [{ name: 'a', value: 'b' }] },
    viewer,
  );
  assert.deepEqual(
    [account.source.privacy, account.source.language, account.source.note, account.source.follow_requests_count],
    ['private', 'fr', 'Birds', 2],
  );
  assert.equal(account.hide_collections, true);
  assert.ok(!JSON.stringify(account).includes('secret'));
});
