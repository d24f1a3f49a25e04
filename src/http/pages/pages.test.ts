import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Person } from '../../model/account.ts';
import { type AccountId, asId, type PostId } from '../../model/ids.ts';
import { composePost, type Draft } from '../../outgoing/compose.ts';
import { type Served, serve } from '../testing/serve.ts';
import { fill, html, raw } from './html.ts';
import { plainText } from './parts/composer.ts';
import { isGuessable } from './start.ts';

describe('a template', () => {
  it('escapes what is put in, and only that', () => {
    const name = '<b>"x" & \'y\'</b>';
    assert.equal(
      html`<p title="${name}">${raw('<i>')}${[1, 'a']}${false}${null}</p>`.toString(),
      '<p title="&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;"><i>1a</p>',
    );
    assert.equal(
      fill('{who} & {what}', { who: html`<b>${name}</b>` }).toString(),
      '<b>&lt;b&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/b&gt;</b> &amp; ',
    );
  });

  it('can be read as plain words', () => {
    const words = '<p>a &lt;b&gt; &amp;amp;</p><p><span class="invisible">https://</span>x.example<br>c</p>';
    assert.equal(plainText(words), 'a <b> &amp; x.example c');
  });
});

describe('a passphrase that is tried first', () => {
  it('is refused on the first day', () => {
    for (const one of ['1234567890', '2026-11-25', 'Odile Pinson', 'odile-pinson-odile', 'wren.example1']) {
      assert.equal(isGuessable(one, ['odile', 'Odile Pinson', 'wren.example', 'pinson']), true, one);
    }
    assert.equal(isGuessable('quatre mots sans lien', ['odile', 'Odile Pinson']), false);
  });
});

describe('pages', () => {
  let served: Served;
  let alice: Person;
  let cookie: string;
  let form: string;
  const textAt = async (path: string, signedIn = false, headers: Record<string, string> = {}) => {
    const answer = await served.ask(path, { headers: { ...(signedIn && { Cookie: cookie }), ...headers } });
    return { status: answer.status, text: await answer.text(), headers: answer.headers };
  };
  const write = async (draft: Draft) => {
    const done = await composePost(served.place, alice, draft);
    assert.ok(done.ok);
    return done.value;
  };
  const send = (path: string, fields: Record<string, string>) =>
    served.ask(path, {
      method: 'POST',
      body: new URLSearchParams({ form, ...fields }),
      headers: { Cookie: cookie, Origin: served.origin },
    });
  before(async () => {
    served = await serve({ address: '127.77.200.20' });
    alice = await served.addOwner('alice');
    ({ cookie, form } = await served.signIn(alice));
  });
  after(() => served.stop());

  it('speak the language that the browser asks for, or that the visitor chose', async () => {
    assert.match((await textAt('/about', false, { 'Accept-Language': 'fr' })).text, /<html lang="fr">/);
    const chosen = await textAt('/about?lang=fr');
    assert.match(chosen.text, /<html lang="fr">/);
    const kept = chosen.headers.getSetCookie()[0]!.split(';')[0]!;
    assert.match((await textAt('/about', false, { Cookie: kept })).text, /<html lang="fr">/);
    // The person's own setting wins over both.
    assert.match((await textAt('/home', true, { 'Accept-Language': 'fr' })).text, /<html lang="en">/);
  });

  it('send peers from the address of a page to the document', async () => {
    const accept = { Accept: 'application/activity+json' };
    const profile = await textAt('/@alice', false, accept);
    assert.equal(profile.status, 302);
    assert.equal(profile.headers.get('location'), alice.account.uri);
    assert.match(profile.headers.get('vary')!, /Accept/);
    const post = await write({ text: 'for peers' });
    assert.equal((await textAt(`/@alice/${post.id}`, false, accept)).headers.get('location'), post.uri);
    assert.match((await textAt('/@alice')).headers.get('vary')!, /Accept/);
  });

  it('give a feed that is well-formed whatever was written', async () => {
    await write({ text: 'Five & six <grams> ]]> "quoted" \u0007 é' });
    const quiet = await write({ text: 'only a murmur', audience: 'quiet' });
    const warned = await write({ text: 'behind the warning', contentWarning: 'Eggs & <nests>' });
    const feed = await textAt('/@alice/feed.atom');
    assert.match(feed.headers.get('content-type')!, /^application\/atom\+xml/);
    assert.doesNotMatch(feed.text, /only a murmur|behind the warning/);
    assert.ok(!feed.text.includes('\u0007'));
    assert.ok(!feed.text.includes(quiet.id) && feed.text.includes(warned.id));
    assert.match(feed.text, /<title>Eggs &amp; &lt;nests&gt;<\/title>/);
    assert.match(feed.text, /<content type="html">&lt;p&gt;Five &amp;amp; six &amp;lt;grams&amp;gt;/);
    const open = [...feed.text.matchAll(/<(\w+)[\s>]/g)].length;
    const closed = [...feed.text.matchAll(/<\/\w+>|\/>|\?>/g)].length;
    assert.equal(open + 1, closed);
  });

  it('show a thread as it hangs together, and only what each may see of it', async () => {
    const root = await write({ text: 'root of it' });
    const one = await write({ text: 'branch one', inReplyToId: root.id });
    await write({ text: 'twig of one', inReplyToId: one.id });
    const secret = await write({ text: 'for followers', inReplyToId: root.id, audience: 'followers' });
    await write({ text: 'below the hidden one', inReplyToId: secret.id });
    const seen = (await textAt(`/@alice/${root.id}`)).text;
    assert.doesNotMatch(seen, /for followers/);
    assert.match(seen, /branch one[\s\S]*<ol role="list" class="thread"><li>[\s\S]*twig of one/);
    assert.match((await textAt(`/@alice/${root.id}`, true)).text, /for followers/);
    assert.match((await textAt(`/@alice/${one.id}`)).text, /root of it[\s\S]*branch one/);
    // Right id, wrong name.
    assert.equal((await textAt(`/@nobody/${root.id}`)).status, 404);
  });

  it('bring back what was typed when it could not be published', async () => {
    const long = `é${'x'.repeat(10_000)}`;
    const refused = await send('/write', { text: long, warning: 'W<arn', audience: 'followers', language: 'fr' });
    const text = await refused.text();
    assert.equal(refused.status, 422);
    assert.ok(text.includes(long));
    assert.match(text, /These are too many words for one post/);
    assert.match(text, /value="W&lt;arn"/);
    assert.match(text, /<option value="followers" selected>/);
    assert.match(text, /<option value="fr" selected>/);
    assert.equal((await send('/write', { text: ' \n ' })).status, 422);
    assert.equal((await send('/write', { text: 'x', to: '1'.repeat(19) })).status, 404);
  });

  it('let nobody act on what is not theirs to act on', async () => {
    const post = await write({ text: 'mine' });
    assert.equal(
      (await send(`/posts/${post.id}`, { do: 'like', back: '//evil.example' })).headers.get('location'),
      '/home',
    );
    assert.equal((await send(`/posts/${post.id}`, { do: '__proto__' })).status, 400);
    assert.equal((await send(`/accounts/${alice.account.id}`, { do: 'block' })).status, 422);
    const { store, ids } = served.place;
    const far = await store.accounts.save({
      id: asId<AccountId>(ids.next()),
      uri: 'https://far.example/u',
      handle: 'carol',
      domain: 'far.example',
      displayName: '<script>alert(1)</script>',
      bioHtml: '<p>hello</p>',
      url: 'https://far.example/@carol',
      inboxUrl: 'https://far.example/inbox',
      createdAtMs: served.place.clock.now(),
    });
    const theirs = await store.posts.add({
      id: asId<PostId>(ids.next()),
      uri: 'https://far.example/1',
      authorId: far.id,
      audience: 'public',
      contentHtml: '<p>not mine</p>',
      publishedAtMs: served.place.clock.now(),
    });
    for (const path of ['edit', 'delete'])
      assert.equal((await send(`/posts/${theirs!.id}/${path}`, { text: 'x' })).status, 404);
    assert.ok(await store.posts.find(theirs!.id));
    const page = await textAt('/@carol@far.example', true);
    assert.equal(page.status, 200);
    assert.ok(page.text.includes('&lt;script&gt;') && !page.text.includes('<script>'));
    // To strangers it is not even said whether somebody is known here.
    for (const name of ['carol', 'nobody']) {
      assert.match((await textAt(`/@${name}@far.example`)).headers.get('location')!, /^\/sign-in/);
    }
  });

  it('hide who follows whom unless that is wanted', async () => {
    assert.equal((await textAt('/@alice/followers')).status, 404);
    assert.doesNotMatch((await textAt('/@alice')).text, /href="\/@alice\/followers"/);
    assert.equal((await textAt('/@alice/followers', true)).status, 200);
    await served.place.store.people.update(alice.account.id, { showsFollows: true });
    assert.equal((await textAt('/@alice/followers')).status, 200);
  });

  it('sign every browser out when the passphrase changes, but this one', async () => {
    const other = await served.signIn(alice);
    const wrong = await send('/settings/passphrase', {
      current: 'not this one at all',
      passphrase: 'five other odd words',
      again: 'five other odd words',
    });
    assert.equal(wrong.status, 422);
    const changed = await send('/settings/passphrase', {
      current: 'four odd words here',
      passphrase: 'five other odd words',
      again: 'five other odd words',
    });
    assert.equal(changed.status, 303);
    const fresh = changed.headers
      .getSetCookie()
      .find((line) => line.startsWith('canari='))!
      .split(';')[0]!;
    assert.equal((await served.ask('/home', { headers: { Cookie: other.cookie } })).status, 303);
    assert.equal((await served.ask('/home', { headers: { Cookie: fresh } })).status, 200);
    ({ cookie, form } = await served.signIn(alice));
  });
});
