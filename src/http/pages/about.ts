import type { Route, RouteContext } from '../route.ts';
import { readBefore } from './home.ts';
import { html, nothing } from './html.ts';
import { renderEmpty, renderPage } from './layout.ts';
import { pageSize, renderAccounts, renderPaging, renderPosts } from './parts/list.ts';

/** Where the program's own text is: whoever uses a copy over a network may read it (AGPL, section 13). */
const licence = 'https://www.gnu.org/licenses/agpl-3.0.html';

async function showAbout(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const people = await place.store.people.all();
  const domainHelp = place.identity.federates
    ? nothing
    : html`<section class="stack tight" id="domain"><h2>${words.about.domainTitle}</h2><ol>${words.about.domainSteps.map((step) => html`<li>${step}</li>`)}</ol>
<p class="scroll" tabindex="0" role="region" aria-label="${words.about.domainTitle}"><code>${words.local.command}</code></p><p class="soft">${words.about.writeUp}</p></section>`;
  return renderPage(context, {
    title: words.about.title,
    mainClass: 'read',
    isListed: true,
    main: html`<div class="stack tight"><h1>${words.about.title}</h1><p class="words">${words.about.whatText}</p></div>
${
  people.length > 0
    ? html`<section class="stack tight"><h2>${words.about.who}</h2>${renderAccounts(
        context,
        people.map(({ account }) => account),
      )}</section>`
    : nothing
}
${place.identity.federates ? html`<section class="stack tight"><h2>${words.about.follow}</h2><p>${words.about.followText}</p></section>` : nothing}
${domainHelp}
<section class="stack tight"><h2>${words.about.privacy}</h2><p>${words.about.privacyText}</p></section>
<section class="stack tight" id="canari"><h2>Canari</h2><p><a href="${licence}" rel="noopener noreferrer">${words.about.machine}</a></p></section>`,
  });
}

/** Posts under a hashtag: for visitors those of this place, for its people all that have reached it. */
async function showTag(context: RouteContext): Promise<Response> {
  const { words, place, params, person } = context;
  const tag = params.tag!.normalize('NFC').slice(0, 100);
  const views = await place.store.views.ofEveryone({
    limit: pageSize,
    maxId: readBefore(context),
    viewerId: person?.account.id ?? null,
    tag,
    ...(!person && { local: true }),
  });
  const list =
    views.length === 0
      ? renderEmpty(words.tag.emptyTitle, words.tag.emptyText)
      : html`${await renderPosts(context, views)}${renderPaging(context, { older: views.length === pageSize ? views.at(-1)!.post.id : undefined })}`;
  return renderPage(context, {
    title: words.tag.title(tag),
    main: html`<div class="stack tight"><h1>${words.tag.title(tag)}</h1><p class="soft">${person ? words.tag.textKnown : words.tag.text}</p></div>${list}`,
  });
}

const common = { method: 'GET', who: 'anyone', answers: 'page' } as const;

export const aboutRoutes: readonly Route[] = [
  { ...common, path: '/about', shows: 'public documents', handler: showAbout },
  { ...common, path: '/tags/:tag', shows: 'what the viewer may see', handler: showTag },
];
