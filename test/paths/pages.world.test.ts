import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { failed, ok } from '../../src/base/result.ts';
import { emptyRemote, type Served, serve } from '../../src/http/testing/serve.ts';
import { type AccountId, asId, type FollowId } from '../../src/model/ids.ts';
import { newStartKey } from '../../src/people/set-up.ts';
import type { Remote } from '../../src/remote/remote.ts';
import { openBrowser, openContext, seenText } from './pages.eyes.ts';

/** The first day of somebody, in a browser that runs no script. */

const words = {
  en: {
    empty: 'Nobody lives here yet',
    codes: 'Your recovery codes',
    home: 'This place is at home only',
    published: 'Published.',
    edited: 'Corrected. Everyone who may have a copy is told.',
    deleted: 'Deleted. Every server that may have a copy is told.',
    out: 'You are signed out.',
    spent: 'This link does not open anything',
  },
  fr: {
    empty: 'Personne n’habite encore ici',
    codes: 'Vos codes de secours',
    home: 'Ce lieu reste à la maison',
    published: 'C’est publié.',
    edited: 'C’est corrigé. Tous ceux qui en ont peut-être une copie sont prévenus.',
    deleted: 'C’est supprimé. Chaque serveur qui en a peut-être une copie est prévenu.',
    out: 'Vous êtes déconnecté de ce navigateur.',
    spent: 'Ce lien n’ouvre rien',
  },
} as const;

let browser: Browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

const textOf = async (page: Page) => (await seenText(page.locator('main'))).replace(/\s+/g, ' ');
const send = (page: Page, form = 'main form') => page.locator(`${form} button`).last().click();

for (const [index, language] of (['en', 'fr'] as const).entries()) {
  describe(`somebody who reads ${language}`, () => {
    let served: Served;
    let page: Page;
    let link: string;
    let codes: string[];
    const said = words[language];
    const passphrase = 'quatre mots sans lien';
    before(async () => {
      served = await serve({ address: '127.0.0.1', port: 18_230 + index, federates: false });
      const context = await openContext(browser, { language, scheme: 'light', width: 390 }, { scripts: false });
      page = await context.newPage();
    });
    after(async () => {
      await page.context().close();
      await served.stop();
    });

    it('opens the one-time link and chooses a name', async () => {
      await page.goto(served.origin);
      assert.ok((await textOf(page)).includes(said.empty));
      link = `${served.origin}/start?key=${await newStartKey(served.place)}`;
      await page.goto(`${served.origin}/start?key=wrong`);
      assert.ok((await textOf(page)).includes(said.spent));
      await page.goto(link);
      assert.equal(await page.locator('html').getAttribute('lang'), language);
      await page.fill('[name=displayName]', 'Odile Pinson');
      await page.fill('[name=handle]', 'odile');
      await page.fill('[name=passphrase]', passphrase);
      await page.fill('[name=again]', 'something else');
      await send(page);
      assert.equal(await page.locator('[aria-invalid=true]').getAttribute('name'), 'again');
      assert.equal(await page.inputValue('[name=handle]'), 'odile');
      await page.fill('[name=passphrase]', passphrase);
      await page.fill('[name=again]', passphrase);
      await send(page);
      assert.ok((await textOf(page)).includes(said.codes));
      codes = await page.locator('.codes code').allInnerTexts();
      assert.equal(codes.length, 8);
    });

    it('finds the link spent, and the place at home only', async () => {
      await page.click('main .primary');
      assert.ok((await textOf(page)).includes(said.home));
      await page.goto(link);
      assert.ok((await textOf(page)).includes(said.spent));
    });

    it('writes, corrects and deletes', async () => {
      await page.goto(`${served.origin}/home`);
      await page.fill('[name=text]', 'Five grams & all of them <b>opinion</b>. #birds');
      await send(page, '.composer');
      assert.ok((await textOf(page)).includes(said.published));
      const post = page.locator('.post').first();
      assert.equal(await seenText(post.locator('.words')), 'Five grams & all of them <b>opinion</b>. #birds');
      await page.reload();
      assert.ok(!(await textOf(page)).includes(said.published), 'a toast is said once');

      await post.locator('a[href$="/edit"]').click();
      await page.fill('[name=text]', 'Six grams.');
      await send(page, '.composer');
      assert.ok((await textOf(page)).includes(said.edited));
      assert.equal(await seenText(page.locator('.post .words')), 'Six grams.');
      const address = page.url();
      await page.click('.details a');
      assert.ok((await textOf(page)).includes('Five grams'));

      await page.goto(address);
      await page.locator('button[value=like]').click();
      assert.equal(await page.locator('button[value=unlike]').getAttribute('aria-pressed'), 'true');

      await page.locator('.post a[href$="/delete"]').click();
      await page.locator('main form button.wrong').click();
      assert.ok((await textOf(page)).includes(said.deleted));
      assert.equal(await page.locator('.post').count(), 0);
      assert.equal((await page.goto(address))!.status(), 404);
    });

    it('answers herself under a warning, and a visitor reads it', async () => {
      await page.goto(`${served.origin}/write`);
      await page.fill('[name=text]', 'A nest.');
      await page.click('.warning summary');
      await page.fill('[name=warning]', 'Eggs');
      await send(page, '.composer');
      await page.locator('.post a[href^="/write?to="]').first().click();
      await page.fill('[name=text]', 'Empty now.');
      await page.selectOption('[name=audience]', 'followers');
      await send(page, '.composer');
      const address = page.url();

      const visitor = await openContext(browser, { language, scheme: 'dark', width: 390 }, { scripts: false });
      const other = await visitor.newPage();
      assert.equal((await other.goto(address))!.status(), 404);
      await other.goto(`${served.origin}/@odile`);
      const text = await seenText(other.locator('main'));
      assert.ok(text.includes('Eggs') && !text.includes('A nest.') && !text.includes('Empty now.'));
      await other.click('.fold summary');
      assert.ok((await seenText(other.locator('main'))).includes('A nest.'));
      await other.goto(`${served.origin}/home`);
      assert.match(other.url(), /\/sign-in\?return_to=%2Fhome$/);
      await visitor.close();
    });

    it('changes her page and the language of it', async () => {
      await page.goto(`${served.origin}/settings`);
      await page.fill('[name=bio]', 'Birds that nobody looks at.');
      await page.locator('[name=fieldName]').first().fill('Site');
      await page.locator('[name=fieldValue]').first().fill('https://pinson.example/birds');
      await page.selectOption('[name=language]', language === 'en' ? 'fr' : 'en');
      await page.locator('form[action="/settings"] .primary').click();
      assert.equal(await page.locator('html').getAttribute('lang'), language === 'en' ? 'fr' : 'en');
      assert.equal(await page.locator('[name=fieldValue]').first().inputValue(), 'https://pinson.example/birds');
      await page.selectOption('[name=language]', language);
      await page.locator('form[action="/settings"] .primary').click();
      await page.goto(`${served.origin}/@odile`);
      assert.ok((await textOf(page)).includes('Birds that nobody looks at.'));
    });

    it('signs out, and comes back by a code that works once', async () => {
      await page.goto(`${served.origin}/settings/passphrase`);
      await page.click('.leave button');
      assert.ok((await textOf(page)).includes(said.out));
      const recover = async () => {
        await page.goto(`${served.origin}/recover`);
        await page.fill('[name=handle]', 'odile');
        await page.fill('[name=code]', codes[0]!.toUpperCase());
        await page.fill('[name=passphrase]', 'cinq mots encore sans lien');
        await send(page);
      };
      await recover();
      assert.match(page.url(), /\/home$/);
      await page.goto(`${served.origin}/settings`);
      await page.click('.leave button');
      await recover();
      assert.match(page.url(), /\/recover$/);

      await page.goto(`${served.origin}/settings`);
      await page.fill('[name=handle]', 'odile');
      await page.fill('[name=passphrase]', 'cinq mots encore sans lien');
      await send(page);
      assert.match(page.url(), /\/settings$/);
    });
  });
}

describe('somebody who looks for somebody', () => {
  let served: Served;
  let page: Page;
  before(async () => {
    const zoe = async () => {
      const { store, ids, clock } = served.place;
      const known = await store.accounts.findByHandle('zoe', 'colibri.example');
      return (
        known ??
        store.accounts.save({
          id: asId<AccountId>(ids.next()),
          uri: 'https://colibri.example/zoe',
          handle: 'zoe',
          domain: 'colibri.example',
          displayName: 'Zoé',
          inboxUrl: 'https://colibri.example/inbox',
          createdAtMs: clock.now(),
        })
      );
    };
    const remote: Remote = {
      ...emptyRemote,
      findAccountByHandle: async (handle) =>
        handle === 'zoe@colibri.example'
          ? ok(await zoe())
          : failed({ reason: 'too-slow', host: 'snail.example', words: 'connect ETIMEDOUT 443' }),
    };
    served = await serve({ address: '127.77.200.22', remote });
    const owner = await served.addOwner('tobias');
    const context = await openContext(browser, { language: 'en', scheme: 'light', width: 1280 }, { scripts: false });
    const [name, value] = (await served.signIn(owner)).cookie.split('=') as [string, string];
    await context.addCookies([{ name, value, url: served.origin }]);
    page = await context.newPage();
  });
  after(async () => {
    await page.context().close();
    await served.stop();
  });
  const find = async (text: string) => {
    await page.goto(`${served.origin}/search`);
    await page.fill('[name=q]', text);
    await page.click('main form button');
  };

  it('is told whose doing it is when a server does not answer', async () => {
    await find('@anyone@snail.example');
    const text = await textOf(page);
    assert.match(text, /^Their doing: snail\.example snail\.example took too long/);
    assert.match(text, /connect ETIMEDOUT 443/);
    assert.equal(await page.inputValue('[name=q]'), '@anyone@snail.example');
  });

  it('follows, keeps away and forgives', async () => {
    await find('@zoe@colibri.example');
    assert.equal(new URL(page.url()).pathname, '/@zoe@colibri.example');
    await page.click('button[value=follow]');
    assert.match(await textOf(page), /Asked\. They decide; you will be told\..*Take the request back/);
    await page.click('.away summary');
    await page.click('button[value=block]');
    assert.match(await textOf(page), /Blocked\..*You have blocked this account\./);
    assert.equal(await page.locator('button[value=follow]').count(), 0);
    await page.goto(`${served.origin}/settings/blocks`);
    await page.click('button[value=unblock]');
    assert.match(await textOf(page), /Nobody is blocked\./);
  });

  it('lets in who asks', async () => {
    const { store, ids, clock } = served.place;
    const owner = (await store.people.findByHandle('tobias'))!.account.id;
    const zoe = (await store.accounts.findByHandle('zoe', 'colibri.example'))!.id;
    const asked = { id: asId<FollowId>(ids.next()), state: 'requested', uri: 'https://colibri.example/f/1' } as const;
    await store.follows.save({
      ...asked,
      followerId: zoe,
      followeeId: owner,
      showsBoosts: true,
      createdAtMs: clock.now(),
    });
    await page.goto(`${served.origin}/home`);
    await page.click('a[href="/requests"]');
    await page.click('button[value=accept]');
    assert.match(await textOf(page), /They follow you now\..*Nobody waits\./);
    assert.equal((await store.follows.find(zoe, owner))!.state, 'accepted');
  });
});
