import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DestinationId } from '../../delivery/contract.ts';
import type { TestDesk } from '../../delivery/testing/desk.ts';
import type { Person } from '../../model/account.ts';
import type { Post } from '../../model/post.ts';
import { addPerson } from '../../people/set-up.ts';
import { fillWithLandings } from '../testing/landed-sample.ts';
import { type Served, serve } from '../testing/serve.ts';

/** What nobody can know, in both languages. */
const neverSaid = /\b(read|received|seen by|reached|lu par|reçu|vu par)\b/i;

let served: Served;
let alice: Person;
let post: Post;
let cookie: string;
let form: string;
before(async () => {
  served = await serve({ address: '127.77.200.31' });
  alice = await served.addOwner('alice');
  post = await fillWithLandings(served.place, alice, 60);
  ({ cookie, form } = await served.signIn(alice));
});
after(() => served.stop());

const open = async (path: string, who = cookie) => {
  const answer = await served.ask(path, { headers: { Cookie: who } });
  const text = await answer.text();
  return { status: answer.status, text, said: text.replace(/<style[\s\S]*?<\/style>|<[^>]+>/g, ' ') };
};
const press = (fields: Record<string, string>) =>
  served.ask('/deliveries', {
    method: 'POST',
    body: new URLSearchParams({ form, ...fields }),
    headers: { Cookie: cookie, Origin: served.origin },
  });
const desk = () => served.place.destinations as TestDesk;

describe('where a post has landed', () => {
  it('counts, explains and quotes, and never claims what nobody can know', async () => {
    const { status, text, said } = await open(`/@alice/${post.id}/landings`);
    assert.equal(status, 200);
    assert.match(said, /151\s+of your 222 followers are where somebody said yes/);
    assert.match(said, /3 servers are still to answer/);
    assert.match(text, /HTTP 403: &lt;b&gt;Forbidden/, 'their words are words');
    assert.match(said, /tarier\s*\.cafe/);
    assert.match(said, /Their doing|tarier.cafe.example’s doing/);
    assert.match(text, /<svg class="field"/);
    assert.doesNotMatch(said, neverSaid);
    const french = await open(`/@alice/${post.id}/landings?lang=fr`);
    assert.match(french.said, /151\s+de vos 222 abonnés sont là où l’on a dit oui/);
    assert.doesNotMatch(french.said, neverSaid);
  });

  it('shows one state, and the rest on a second page', async () => {
    const refused = await open(`/@alice/${post.id}/landings?state=refused`);
    assert.match(refused.said, /1 to 1 of 1 server/);
    assert.ok(!refused.text.includes('tarier<wbr>'));
    const first = await open(`/@alice/${post.id}/landings?state=accepted`);
    const next = /rel="next" href="([^"]+)"/.exec(first.text)![1]!.replaceAll('&amp;', '&');
    assert.match((await open(next)).said, /51 to 61 of 61 servers/);
    assert.equal((await open(`/@alice/${post.id}/landings?state=nonsense&page=99999`)).status, 200);
  });

  it('is for the author alone', async () => {
    const added = await addPerson(served.place, { handle: 'bob', passphrase: 'four odd words here', language: 'en' });
    assert.ok(added.ok);
    const bob = await served.signIn(added.value.person);
    assert.equal((await open(`/@alice/${post.id}/landings`, bob.cookie)).status, 404);
    assert.equal((await open(`/@bob/${post.id}/landings`)).status, 404);
    assert.match((await served.ask(`/@alice/${post.id}/landings`)).headers.get('location')!, /^\/sign-in/);
  });

  it('is one step away from the post', async () => {
    assert.ok((await open(`/@alice/${post.id}`)).text.includes(`href="/@alice/${post.id}/landings"`));
  });
});

describe('the deliveries page', () => {
  it('shows how servers are, what waits and what they said last', async () => {
    const { said, text } = await open('/deliveries');
    assert.match(said, /For 3 servers something waits/);
    for (const host of ['tarier', 'busy', 'hedge']) assert.ok(text.includes(`${host}<wbr>`), host);
    assert.match(said, /no answer in 12 s/);
    assert.match(said, /has not answered since/);
    assert.match((await open('/deliveries?state=gone')).said, /1 to 1 of 1 server/);
    assert.match((await open('/deliveries?q=BIRD5')).said, /of 11 servers/);
    assert.match((await open('/deliveries?q=%3Cscript%3E')).said, /No server fits/);
  });

  it('pauses, resumes and knocks', async () => {
    const host = 'tarier.cafe.example';
    const paused = await press({ host, do: 'pause', back: '/deliveries?q=tarier' });
    assert.equal(paused.headers.get('location'), '/deliveries?q=tarier');
    assert.ok((await desk().loadHolds()).has(`fediverse:${host}` as DestinationId));
    const page = await open('/deliveries?q=tarier');
    assert.match(page.said, /somebody here paused it/);
    assert.ok(!page.text.includes('value="retry"'));
    assert.equal((await press({ host, do: 'retry' })).status, 409);
    assert.equal((await press({ host, do: 'resume' })).status, 303);
    assert.equal((await press({ host, do: 'retry' })).status, 303);
    assert.deepEqual(desk().knocks, [`fediverse:${host}`]);
  });

  it('takes neither a server that it does not know, nor what is none, nor another action', async () => {
    assert.equal((await press({ host: 'stranger.example', do: 'pause' })).status, 404);
    assert.equal((await press({ host: '///', do: 'pause' })).status, 422);
    assert.equal((await press({ host: 'busy.example', do: 'explode' })).status, 400);
    assert.equal((await press({ host: 'busy.example', do: 'pause', form: 'x' })).status, 403);
    const away = await press({ host: 'busy.example', do: 'retry', back: 'https://evil.example/' });
    assert.equal(away.headers.get('location'), '/deliveries');
    assert.equal((await desk().loadHolds()).size, 0);
  });
});
