import type { Person } from '../../model/account.ts';
import { type AccountId, asId, type NotificationId, type PostId } from '../../model/ids.ts';
import type { Audience, NotificationKind } from '../../model/post.ts';
import { boostPost } from '../../outgoing/boost.ts';
import { composePost } from '../../outgoing/compose.ts';
import { likePost } from '../../outgoing/like.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';

/** Fills a place with people and posts, so that its pages can be looked at and tried. */
export async function fillWithSamples(place: OpenPlace, owner: Person) {
  const { store, ids, clock } = place;
  const minute = 60_000;
  const newId = <T extends string>() => asId<T>(ids.next());

  const meet = (
    handle: string,
    domain: string,
    displayName: string,
    more: { locked?: boolean; bioHtml?: string } = {},
  ) =>
    store.accounts.save({
      id: newId<AccountId>(),
      uri: `https://${domain}/users/${handle}`,
      handle,
      domain,
      displayName,
      url: `https://${domain}/@${handle}`,
      inboxUrl: `https://${domain}/users/${handle}/inbox`,
      bioHtml: more.bioHtml ?? '',
      locked: more.locked ?? false,
      followersCount: 4791,
      followingCount: 212,
      postsCount: 1830,
      fields: [{ name: 'Atelier', valueHtml: '<a href="https://atelier.example/">atelier.example</a>' }],
      createdAtMs: clock.now(),
      fetchedAtMs: clock.now(),
    });
  const write = async (
    author: { id: AccountId; uri: string; url: string | null },
    agoMs: number,
    contentHtml: string,
    more: {
      answers?: string;
      audience?: Audience;
      language?: string;
      contentWarning?: string;
      mentions?: AccountId[];
      attachments?: boolean;
    } = {},
  ) => {
    const publishedAtMs = clock.now() - agoMs;
    const id = asId<PostId>(ids.at(publishedAtMs));
    const post = await store.posts.add({
      id,
      uri: `${author.uri}/posts/${id}`,
      url: `${author.url}/${id}`,
      authorId: author.id,
      audience: more.audience ?? 'public',
      contentHtml,
      contentWarning: more.contentWarning ?? '',
      language: more.language ?? 'en',
      inReplyToUri: more.answers ?? null,
      mentionIds: more.mentions ?? [],
      publishedAtMs,
      attachments: more.attachments
        ? [
            {
              kind: 'image',
              url: 'https://pinson.example/media/1.jpg',
              mediaType: 'image/jpeg',
              description: 'A dunnock on a telephone wire, very round',
              width: 800,
              height: 600,
              blurhash: null,
              focus: null,
            },
          ]
        : [],
    });
    return post!;
  };

  const odile = await meet('odile', 'pinson.example', 'Odile Pinson', {
    bioHtml:
      '<p>Je dessine les oiseaux que personne ne regarde, et j’écris une lettre chaque dimanche. Rennes, bord de Vilaine.</p>',
  });
  const wil = await meet('wil', 'hedgerow.example', 'Wilhelmina Dunnock');
  const hortense = await meet('hortense', 'mesange.example', 'Hortense Mésange');
  const nour = await meet('nour', 'rossignol.example', 'Nour Rossignol', { locked: true });
  const basile = await meet('basile', 'troglodyte.example', 'Basile Troglodyte');
  const long = await meet(
    'a_very_long_handle_indeed_it_is',
    'an-unusually-long-host-name.of-some-university.example',
    'Professor Emerita Maximiliana Featherstonehaugh-Cholmondeley',
  );
  const others = [odile, wil, hortense, nour, basile, long];

  const follow = (followerId: AccountId, followeeId: AccountId, state: 'accepted' | 'requested' = 'accepted') =>
    store.follows.save({
      id: asId(ids.next()),
      followerId,
      followeeId,
      state,
      uri: `https://x.example/f/${ids.next()}`,
      showsBoosts: true,
      createdAtMs: clock.now(),
    });
  await follow(owner.account.id, odile.id);
  await follow(owner.account.id, wil.id);
  await follow(hortense.id, owner.account.id);
  await follow(basile.id, owner.account.id);
  await follow(nour.id, owner.account.id, 'requested');

  const surface = (postId: PostId) => store.home.add(owner.account.id, postId, ids.next());
  const compose = async (text: string, more: Partial<Parameters<typeof composePost>[2]> = {}) => {
    const done = await composePost(place, (await store.people.find(owner.account.id))!, { text, ...more });
    if (!done.ok) throw done.error;
    return done.value;
  };

  const lion = await write(
    wil,
    300 * minute,
    '<p>The allotment committee has voted, nine to two, that the robin may stay.</p>',
  );
  await surface(lion.id);
  const boosted = await write(
    basile,
    280 * minute,
    '<p>A goldcrest. Five grams. It landed on my sleeve, looked at me as one looks at a bus that is late, and left.</p>',
  );
  const boost = await store.posts.add({
    id: asId<PostId>(ids.at(clock.now() - 240 * minute)),
    uri: 'https://hedgerow.example/boosts/1',
    url: null,
    authorId: wil.id,
    audience: 'public',
    boostOfId: boosted.id,
    publishedAtMs: clock.now() - 240 * minute,
  });
  await surface(boost!.id);
  const birthday = await compose(
    'I am fifty today. No cake, please: tell me instead about the smallest bird you saw this week. I will answer everyone, slowly. #birds',
  );
  const answers = [
    await write(
      hortense,
      12 * minute,
      '<p>Un troglodyte, dans le garage. Il est entré par le trou du chat et il a engueulé le chat.</p>',
      { answers: birthday.uri, language: 'fr', mentions: [owner.account.id] },
    ),
    await write(basile, 9 * minute, '<p>A goldcrest, on my sleeve.</p>', {
      answers: birthday.uri,
      mentions: [owner.account.id],
    }),
    await write(
      nour,
      7 * minute,
      '<p>A firecrest, I think, in the <a href="https://rossignol.example/tree">only tree of our street</a>. It is a very ambitious tree.</p>',
      { answers: birthday.uri, mentions: [owner.account.id] },
    ),
  ];
  const mine = await compose(
    '@basile@troglodyte.example Five grams and all of them opinion. Was the sleeve at least green?',
    { inReplyToId: answers[1]!.id },
  );
  await write(basile, 1 * minute, '<p>It was, and I have the receipt.</p>', {
    answers: mine.uri,
    mentions: [owner.account.id],
  });
  const dunnock = await write(
    odile,
    45 * minute,
    '<p>Ce matin, un accenteur mouchet a chanté onze minutes sur le fil du téléphone. Il attendait seulement qu’on se taise.</p>',
    { language: 'fr', attachments: true },
  );
  await surface(dunnock.id);
  const warned = await write(
    odile,
    30 * minute,
    '<p>The sparrowhawk has been. It was quick. The garden is very quiet now, and I have swept.</p><ul><li>one</li><li>two</li></ul>',
    { contentWarning: 'Death of a bird' },
  );
  await surface(warned.id);
  const longPost = await write(
    long,
    20 * minute,
    `<p>See <a href="https://example.org/${'very-long-path-'.repeat(12)}">https://example.org/${'very-long-path-'.repeat(12)}</a></p><blockquote><p>quoted words</p></blockquote><pre><code>const wide = ${'x'.repeat(120)};</code></pre>`,
  );
  await surface(longPost.id);
  const quiet = await compose('Only a murmur about the hedge.', { audience: 'quiet' });
  const followersOnly = await compose('For followers: the key is under the third pot, followers-secret-4711.', {
    audience: 'followers',
  });
  const direct = await compose('@hortense@mesange.example just between us, direct-secret-4712', { audience: 'direct' });
  await likePost(place, owner, dunnock.id);
  await boostPost(place, owner, dunnock.id);

  const notify = (kind: NotificationKind, accountId: AccountId, postId: PostId | null, agoMs: number) =>
    store.notifications.add({
      id: newId<NotificationId>(),
      personId: owner.account.id,
      kind,
      accountId,
      postId,
      createdAtMs: clock.now() - agoMs,
    });
  for (const one of others) await notify('like', one.id, birthday.id, 50 * minute);
  await notify('boost', wil.id, birthday.id, 48 * minute);
  await notify('boost', odile.id, birthday.id, 47 * minute);
  await notify('follow', hortense.id, null, 40 * minute);
  await notify('follow', basile.id, null, 39 * minute);
  await notify('follow-request', nour.id, null, 20 * minute);
  for (const answer of answers) await notify('mention', answer.authorId, answer.id, 10 * minute);
  await store.likes.add({
    id: ids.next(),
    accountId: odile.id,
    postId: birthday.id,
    uri: null,
    createdAtMs: clock.now(),
  });
  return { odile, nour, hortense, birthday, answers, mine, quiet, followersOnly, direct, boosted, dunnock, warned };
}
