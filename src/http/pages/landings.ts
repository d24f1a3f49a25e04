import { postNotFound } from '../../outgoing/compose.ts';
import { explainServer } from '../../receipts/explain.ts';
import { type Landed, type LandedServer, type LandedState, landedStates, loadLanded } from '../../receipts/landed.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { type Html, html, nothing } from './html.ts';
import { renderEmpty, renderPage } from './layout.ts';
import { excerptOf } from './parts/composer.ts';
import { type DotState, mostDots, renderDotField } from './parts/dot-field.ts';
import { renderChips } from './parts/list.ts';
import { breakable, pathWith, readPageNumber, renderNumbered, rowsPerPage } from './parts/numbered.ts';
import { postPath } from './parts/post.ts';
import { findPost } from './posts.ts';
import { formatMoment, formatNumber } from './words/formats.ts';
import { typesetFrench } from './words/typography.ts';

/** The shape in which a state is drawn. */
const shapes: Record<LandedState, DotState> = {
  accepted: 'accepted',
  'on-its-way': 'way',
  waiting: 'way',
  resting: 'resting',
  paused: 'refused',
  refused: 'refused',
  expired: 'gone',
};

/** Where a post has landed, for its author alone. */
async function show(context: RouteContext): Promise<Response> {
  const { words, place, params, language } = context;
  const view = await findPost(context);
  const { account } = getPerson(context);
  const [handle] = params.address!.split('@');
  if (view.author.id !== account.id || handle!.toLowerCase() !== account.handle.toLowerCase()) throw postNotFound();
  const { destinations, store } = place;
  const landed = await loadLanded({ deliveries: store.deliveries, destinations }, view.post.id, place.clock.now());
  const back = postPath(view.author, view.post);
  const head = html`<div class="stack tight"><p class="soft"><a href="/deliveries">${words.deliveries.title}</a> › <a href="${back}">${words.landings.thisPost}</a></p><h1>${words.landings.title}</h1>
<blockquote class="read"><p>${excerptOf(view)}</p></blockquote></div>`;
  return renderPage(context, {
    title: words.landings.title,
    current: 'deliveries',
    main:
      landed.servers.length === 0
        ? html`${head}${renderEmpty(words.landings.emptyTitle, words.landings.emptyText)}`
        : html`${head}${renderSum(context, landed, formatMoment(view.post.publishedAtMs, language))}${renderFigure(context, landed)}${renderTable(context, landed)}`,
  });
}

function renderSum(context: RouteContext, { servers, counts, followersAccepted }: Landed, setOff: string): Html {
  const { words, language } = context;
  const followers = servers.reduce((sum, server) => sum + server.followers, 0);
  const open = counts['on-its-way'] + counts.waiting + counts.resting + counts.paused;
  const sum =
    followers > 0
      ? html`<span class="figure">${formatNumber(followersAccepted, language)}</span> ${words.landings.sum(followers)}`
      : html`${words.landings.sumServers(counts.accepted, servers.length)}`;
  return html`<p class="read">${sum} ${words.landings.setOff(setOff)} ${open > 0 ? words.landings.underWay(open) : words.landings.settled}</p>${open > 0 ? html`<p class="row"><a class="button" href="${pathWith(context, {})}">${words.landings.look}</a></p>` : nothing}`;
}

function renderFigure(context: RouteContext, { servers }: Landed): Html {
  const { words, language } = context;
  const rows = landedStates.toReversed().flatMap((state) => {
    const own = servers.filter((server) => server.state === state);
    if (own.length === 0) return [];
    const followers = own.reduce((sum, server) => sum + server.followers, 0);
    return [
      html`<tr><th scope="row"><a class="state ${shapes[state]}" href="${pathWith(context, { state, page: '1' })}">${words.landings.states[state]}</a></th><td class="n">${formatNumber(own.length, language)}</td><td class="n">${formatNumber(followers, language)}</td></tr>`,
    ];
  });
  const dots = servers.map(({ state, followers }) => ({ state: shapes[state], weight: followers }));
  const description = servers.length > mostDots ? words.landings.drawnLargest(mostDots) : words.landings.drawn;
  const { accepted, resting, refused, expired: gone } = words.landings.states;
  const field = renderDotField(dots, {
    title: words.landings.drawing(servers.length),
    description,
    states: { accepted, way: words.landings.states['on-its-way'], resting, refused, gone },
  });
  return html`<figure class="landed">${field}
<figcaption class="stack tight"><table><thead><tr><th scope="col">${words.landings.answer}</th><th scope="col" class="n">${words.landings.servers}</th><th scope="col" class="n">${words.landings.followers}</th></tr></thead><tbody>${rows}</tbody></table>
<small>${description}</small><small>${words.landings.yes}</small></figcaption></figure>`;
}

function renderTable(context: RouteContext, { servers, counts }: Landed): Html {
  const { words, url } = context;
  const wanted = url.searchParams.get('state');
  const state = landedStates.find((one) => one === wanted);
  const fitting = state ? servers.filter((server) => server.state === state) : servers;
  const page = readPageNumber(context);
  const from = (page - 1) * rowsPerPage;
  const rows = fitting.slice(from, from + rowsPerPage);
  const chips = [undefined, ...landedStates.filter((one) => counts[one] > 0)].map((one) => ({
    href: pathWith(context, { state: one ?? '', page: '1' }),
    text: one ? words.landings.states[one] : words.landings.all,
    isCurrent: one === state,
  }));
  const table =
    rows.length === 0
      ? html`<p class="soft">${words.landings.emptyFilter}</p>`
      : html`<div class="scroll" role="region" aria-label="${words.landings.table}" tabindex="0"><table><caption>${words.landings.shown(from + 1, from + rows.length, fitting.length)}</caption>
<thead><tr><th scope="col">${words.landings.server}</th><th scope="col">${words.landings.answer}</th><th scope="col" class="n">${words.landings.followers}</th></tr></thead>
<tbody>${rows.map((server) => renderRow(context, server))}</tbody></table></div>`;
  return html`<section class="stack tight" aria-labelledby="table"><h2 id="table">${words.landings.table}</h2>${renderChips(words.landings.filter, chips)}${table}${renderNumbered(context, page, fitting.length)}</section>`;
}

function renderRow({ words, language, place }: RouteContext, server: LandedServer): Html {
  const { state, host, followers, atMs } = server;
  const typeset = (text: string) => (language === 'fr' ? typesetFrench(text) : text);
  const { whose, what, next } = explainServer(server, language, place.clock.now());
  const doing = whose === 'theirs' ? words.doing.theirsNamed(host) : whose && words.doing[whose];
  const said =
    state === 'accepted'
      ? atMs === undefined
        ? nothing
        : html`<small>${words.landings.acceptedAt(formatMoment(atMs, language))}</small>`
      : html`<small>${typeset(what)}</small>${server.words ? html`<small><samp>${server.words}</samp></small>` : nothing}<small>${typeset(next)}</small>${doing ? html`<small><b>${doing}</b></small>` : nothing}`;
  return html`<tr><th scope="row"><a href="/deliveries?q=${encodeURIComponent(host)}">${breakable(host)}</a></th><td><span class="state ${shapes[state]}">${words.landings.states[state]}</span>${said}</td><td class="n">${formatNumber(followers, language)}</td></tr>`;
}

export const landingRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/@:address/:id/landings',
    who: 'signed-in',
    shows: 'own things',
    answers: 'page',
    handler: show,
  },
];
