import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, waitFor } from '../world/names.ts';
import { createWorld } from '../world/world.ts';

/** Two places in one process are two servers to each other, and neither shows what is the other's (THREATS 65). */
test('two places of one host follow each other and stay apart', async () => {
  const world = await createWorld();
  const wren = await world.place('wren.example', { person: 'alice' });
  world.names.add('owl.example', wren.address, wren.port);
  await wren.setup();
  await wren.run(
    ['setup', '--domain', 'owl.example', '--person', 'bob', '--passphrase-stdin'],
    'four words that fit\n',
  );
  await wren.start();
  const tokens = {
    wren: await wren.token(),
    owl: await wren.run(['token', 'bob@owl.example', '--scope', 'read write follow']),
  };
  const call = async (name: 'wren' | 'owl', method: string, path: string, json?: unknown) => {
    const answer = await request(world.names, `http://${name}.example${path}`, {
      method,
      headers: { authorization: `Bearer ${tokens[name]}`, 'content-type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    assert.equal(answer.status, 200, `${path}: ${answer.text().slice(0, 200)}`);
    return answer.json();
  };
  const found = await call('owl', 'GET', '/api/v2/search?resolve=true&type=accounts&q=@alice@wren.example');
  await call('owl', 'POST', `/api/v1/accounts/${found.accounts[0].id}/follow`);
  await waitFor(
    'followed',
    async () => (await call('owl', 'GET', `/api/v1/accounts/relationships?id[]=${found.accounts[0].id}`))[0].following,
  );
  const post = await call('wren', 'POST', '/api/v1/statuses', { status: 'good morning, neighbour' });
  const seen = await waitFor('seen next door', async () =>
    (await call('owl', 'GET', '/api/v1/timelines/home')).find(({ uri }: { uri: string }) => uri === post.uri),
  );
  assert.equal(seen.account.acct, 'alice@wren.example');

  // A token, a person and a post of the one are nothing to the other.
  const crossed = await request(world.names, 'http://owl.example/api/v1/accounts/verify_credentials', {
    headers: { authorization: `Bearer ${tokens.wren}` },
  });
  assert.equal(crossed.status, 401);
  for (const path of [
    '/@alice',
    new URL(post.uri).pathname,
    '/.well-known/webfinger?resource=acct:alice@wren.example',
  ]) {
    assert.equal((await request(world.names, `http://owl.example${path}`)).status, 404, path);
  }
  await world.end();
});
