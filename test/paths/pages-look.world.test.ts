import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { fillWithLandings } from '../../src/http/testing/landed-sample.ts';
import { fillWithSamples } from '../../src/http/testing/sample.ts';
import { type Served, serve } from '../../src/http/testing/serve.ts';
import { newStartKey } from '../../src/people/set-up.ts';
import { findFaults, type Look, openBrowser, openContext } from './pages.eyes.ts';

/** Every page is looked at, in both languages and both schemes, narrow and wide. */

const looks: readonly Look[] = [
  { language: 'en', scheme: 'light', width: 1280 },
  { language: 'fr', scheme: 'dark', width: 1280 },
  { language: 'en', scheme: 'dark', width: 390 },
  { language: 'fr', scheme: 'light', width: 320 },
];

describe('the look of every page', () => {
  let browser: Browser;
  let served: Served;
  let empty: Served;
  let key: string;
  let own: string[];
  let open: string[];
  const cookies = new Map<string, string>();
  before(async () => {
    browser = await openBrowser();
    served = await serve({ address: '127.77.200.12' });
    empty = await serve({ address: '127.0.0.1', port: 18_240, federates: false });
    key = (await newStartKey(empty.place))!;
    const owner = await served.addOwner('tobias');
    const sample = await fillWithSamples(served.place, owner);
    const landed = await fillWithLandings(served.place, owner, 60);
    const thread = `/@tobias/${sample.birthday.id}`;
    open = [
      '/',
      '/@tobias',
      '/@tobias?with-replies',
      thread,
      '/about',
      '/sign-in',
      '/recover',
      '/tags/birds',
      '/nothing',
      '/start',
    ];
    own = [
      ...['/home', '/write', `/write?to=${sample.answers[1]!.id}`, thread, `/@tobias/${sample.direct.id}`],
      ...[
        `/posts/${sample.birthday.id}/edit`,
        `/posts/${sample.birthday.id}/delete`,
        `/posts/${sample.birthday.id}/history`,
      ],
      ...[`/@tobias/${landed.id}/landings`, `/@tobias/${sample.direct.id}/landings`],
      ...['/deliveries', '/deliveries?q=finches', '/deliveries?state=gone'],
      ...['/notifications', '/notifications?only=mentions', '/requests', '/search', '/search?q=ba', '/search?q=zzz'],
      ...['/@odile@pinson.example', '/@tobias', '/@tobias/followers', '/@tobias/following', '/nothing'],
      ...[
        '/settings',
        '/settings/passphrase',
        '/settings/apps',
        '/settings/blocks',
        '/authorize_interaction?uri=@x@y.example',
      ],
    ];
    cookies.set('en', (await served.signIn(owner)).cookie);
  });
  after(async () => {
    await browser.close();
    await served.stop();
    await empty.stop();
  });

  for (const look of looks) {
    it(`keeps nobody out: ${look.language}, ${look.scheme}, ${look.width} px`, async () => {
      const faults: string[] = [];
      const visit = async (origin: string, paths: readonly string[], cookie?: string) => {
        const context = await openContext(browser, look, { scripts: true });
        if (cookie) {
          const [name, value] = cookie.split('=') as [string, string];
          await context.addCookies([{ name, value, url: origin }]);
        }
        const page = await context.newPage();
        page.on('console', (message) => {
          // A refused style or script would be told here; a 404 is what it is meant to be.
          if (message.type() === 'error' && !message.text().includes('status of 40'))
            faults.push(`${page.url()}: ${message.text()}`);
        });
        for (const path of paths) {
          await page.goto(origin + path);
          await page.evaluate(() => {
            for (const fold of document.querySelectorAll('details')) fold.open = true;
          });
          faults.push(...(await findFaults(page)));
          await page.keyboard.press('Tab');
          const first = await page.evaluate(() => document.activeElement?.getAttribute('href'));
          // A composer that has the focus already is where one wants to be.
          if (first !== '#main' && !path.startsWith('/write') && !path.endsWith('/edit'))
            faults.push(`${path}: Tab leads to ${first} first`);
        }
        await context.close();
      };
      await served.place.store.people.update((await served.place.store.people.findByHandle('tobias'))!.account.id, {
        language: look.language,
      });
      await visit(served.origin, open);
      await visit(served.origin, own, cookies.get('en'));
      await visit(empty.origin, ['/', `/start?key=${key}`, '/about']);
      assert.deepEqual(faults, []);
    });
  }

  it('weighs little', async () => {
    const { cookie } = await served.signIn((await served.place.store.people.findByHandle('tobias'))!);
    const home = await served.ask('/home', { headers: { Cookie: cookie } });
    const text = await home.text();
    assert.ok(text.length < 60_000, `${text.length}`);
    const css = /href="(\/assets\/canari-[\w-]+\.css)"/.exec(text)![1]!;
    const sheet = await served.ask(css);
    assert.match(sheet.headers.get('cache-control')!, /immutable/);
    assert.ok((await sheet.text()).length < 30_000);
    assert.doesNotMatch(text, /<script|<style|style="|\son\w+="|javascript:/);
  });
});
