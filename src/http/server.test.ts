import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Served, serve } from './testing/serve.ts';

describe('pages over http', () => {
  let served: Served;
  before(async () => {
    served = await serve();
    await served.addOwner();
  });
  after(() => served.stop());

  it('answers', async () => {
    for (const path of ['/', '/@alice', '/about', '/sign-in', '/recover', '/start', '/@alice/feed.atom', '/tags/x', '/nothing']) {
      const r = await served.ask(path);
      console.log(path, r.status, (await r.text()).length);
    }
  });
});
