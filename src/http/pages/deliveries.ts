import { CanariError } from '../../base/errors.ts';
import { type Control, control, controls, readDestination } from '../../receipts/control.ts';
import { explainDestination } from '../../receipts/explain.ts';
import {
  countWaiting,
  type DestinationLine,
  type DestinationState,
  destinationStates,
  loadDestination,
  loadOverview,
  mostCounted,
  type Overview,
} from '../../receipts/overview.ts';
import type { Route, RouteContext } from '../route.ts';
import { localPath } from '../security.ts';
import { unknownAction } from './home.ts';
import { type Html, html, nothing } from './html.ts';
import { renderEmpty, renderLocalBanner, renderPage, seeOther } from './layout.ts';
import type { DotState } from './parts/dot-field.ts';
import { formToken } from './parts/forms.ts';
import { renderChips } from './parts/list.ts';
import { breakable, pathWith, readPageNumber, renderNumbered, rowsPerPage } from './parts/numbered.ts';
import { formatMoment, formatNumber } from './words/formats.ts';
import { typesetFrench } from './words/typography.ts';

const shapes: Record<DestinationState, DotState> = {
  paused: 'refused',
  gone: 'gone',
  resting: 'resting',
  slow: 'way',
  healthy: 'accepted',
};

/** Words longer than any name of a server find nothing. */
const longestQuery = 253;

/** Every server that the place sends to: how it is, what waits, what happens next, and what can be done. */
async function show(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const overview = await loadOverview(place);
  const title = html`<div class="stack tight"><h1>${words.deliveries.title}</h1><p class="soft">${words.deliveries.text} ${overview.waiting > 0 ? words.deliveries.waitingText(overview.waiting) : nothing}</p></div>`;
  return renderPage(context, {
    title: words.deliveries.title,
    current: 'deliveries',
    main: place.identity.federates
      ? overview.destinations.length === 0
        ? html`${title}${renderEmpty(words.deliveries.emptyTitle, words.deliveries.emptyText)}`
        : html`${title}${renderWeather(context, overview)}${await renderList(context, overview)}`
      : html`${title}${renderLocalBanner(context)}`,
  });
}

function renderWeather(context: RouteContext, { counts }: Overview): Html {
  const { words, language } = context;
  const rows = destinationStates
    .toReversed()
    .filter((state) => counts[state].servers > 0)
    .map(
      (state) =>
        html`<tr><th scope="row"><a class="state ${shapes[state]}" href="${pathWith(context, { state, q: '', page: '1' })}">${words.deliveries.states[state]}</a><small>${words.deliveries.doing[state]}</small></th><td class="n">${formatNumber(counts[state].servers, language)}</td><td class="n">${formatNumber(counts[state].followers, language)}</td></tr>`,
    );
  return html`<section class="stack tight" aria-labelledby="weather"><h2 id="weather">${words.deliveries.weather}</h2><table><thead><tr><th scope="col">${words.deliveries.state}</th><th scope="col" class="n">${words.landings.servers}</th><th scope="col" class="n">${words.landings.followers}</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

async function renderList(context: RouteContext, { destinations, counts }: Overview): Promise<Html> {
  const { words, url } = context;
  const wanted = url.searchParams.get('state');
  const state = destinationStates.find((one) => one === wanted);
  const q = (url.searchParams.get('q') ?? '').trim().toLowerCase().slice(0, longestQuery);
  const fitting = destinations.filter((line) => (!state || line.state === state) && line.host.includes(q));
  const page = readPageNumber(context);
  const from = (page - 1) * rowsPerPage;
  const lines = fitting.slice(from, from + rowsPerPage);
  const rows: Html[] = [];
  // Somebody who looks for one server wants to do something about it, also when it is well.
  for (const line of lines) rows.push(await renderRow(context, line, q !== ''));
  const chips = [undefined, ...destinationStates.filter((one) => counts[one].servers > 0)].map((one) => ({
    href: pathWith(context, { state: one ?? '', page: '1' }),
    text: one ? words.deliveries.states[one] : words.deliveries.all,
    isCurrent: one === state,
  }));
  const table =
    rows.length === 0
      ? html`<p class="soft">${words.deliveries.emptyFilter}</p>`
      : html`<div class="scroll" role="region" aria-label="${words.deliveries.list}" tabindex="0"><table><caption>${words.landings.shown(from + 1, from + rows.length, fitting.length)}</caption>
<thead><tr><th scope="col">${words.landings.server}</th><th scope="col" class="n">${words.deliveries.waits}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return html`<section class="stack tight" aria-labelledby="list"><h2 id="list">${words.deliveries.list}</h2>
<form class="row keep" method="get" action="/deliveries"><label for="q" class="hidden">${words.deliveries.find}</label><input id="q" name="q" type="search" value="${q}" placeholder="${words.deliveries.find}"><button>${words.deliveries.findGo}</button></form>
${renderChips(words.deliveries.weather, chips)}${table}${renderNumbered(context, page, fitting.length)}
<p><small>${words.deliveries.pauseHint}</small></p></section>`;
}

async function renderRow(context: RouteContext, line: DestinationLine, isAskedFor: boolean): Promise<Html> {
  const { words, language, place } = context;
  const { host, state, followers, waits, lastOkAtMs } = line;
  const waiting = waits ? await countWaiting(place, host) : 0;
  const typeset = (text: string) => (language === 'fr' ? typesetFrench(text) : text);
  const { whose, what, next } = explainDestination(line, language, place.clock.now());
  const doing = whose === 'theirs' ? words.doing.theirsNamed(host) : whose && words.doing[whose];
  const isPlain = state === 'healthy' && !waits && !isAskedFor;
  const more = isPlain
    ? nothing
    : html`<small>${typeset(what)}</small>${line.words ? html`<small>${words.deliveries.words} <samp>${line.words}</samp></small>` : nothing}<small>${typeset(next)}</small>${line.nextTryAtMs !== undefined && state === 'slow' ? html`<small>${words.deliveries.nextTry(formatMoment(line.nextTryAtMs, language))}</small>` : nothing}${lastOkAtMs ? html`<small>${words.deliveries.lastOk(formatMoment(lastOkAtMs, language))}</small>` : nothing}${doing ? html`<small><b>${doing}</b></small>` : nothing}${renderControls(context, line)}`;
  const name = isPlain
    ? html`<a href="/deliveries?q=${encodeURIComponent(host)}">${breakable(host)}</a>`
    : html`${breakable(host)}`;
  return html`<tr><th scope="row"><span class="row"><span>${name}</span> <span class="state ${shapes[state]} soft">${words.deliveries.states[state]}</span></span><small>${words.deliveries.followersThere(followers)}</small>${more}</th><td class="n">${waiting >= mostCounted ? words.deliveries.waitsMost(waiting) : formatNumber(waiting, language)}</td></tr>`;
}

function renderControls(context: RouteContext, { host, state, waits }: DestinationLine): Html {
  const { words } = context;
  const doable: Control[] =
    state === 'paused' ? ['resume'] : waits || state === 'resting' ? ['retry', 'pause'] : ['pause'];
  const back = pathWith(context, {});
  return html`<form class="row" method="post" action="/deliveries">${formToken(context)}<input type="hidden" name="host" value="${host}"><input type="hidden" name="back" value="${back}">${doable.map((what) => html`<button name="do" value="${what}" aria-label="${words.deliveries.named(words.deliveries[what], host)}">${words.deliveries[what]}</button> `)}</form>`;
}

/** The buttons. Only for servers that the place has to do with: a pause is a row that stays. */
async function act(context: RouteContext): Promise<Response> {
  const { place } = context;
  const fields = await context.readForm();
  const what = controls.find((one) => one === fields.get('do'));
  if (!what) throw unknownAction();
  const destination = readDestination(fields.get('host') ?? '');
  if (!destination.ok) throw destination.error;
  const line = await loadDestination(place, destination.value);
  if (line.followers === 0 && !line.waits && line.state !== 'paused') throw unknownDestination(line.host);
  const done = await control(place.destinations, what, destination.value);
  if (!done.ok) throw done.error;
  return seeOther(context, localPath(fields.get('back'), '/deliveries'), done.value);
}

const unknownDestination = (host: string) =>
  new CanariError('CANARI_DESTINATION_UNKNOWN', `Nothing goes to ${host.slice(0, 100)} from here.`, {
    status: 404,
    values: { host: host.slice(0, 100) },
  });

const own = { who: 'signed-in', shows: 'own things', answers: 'page', path: '/deliveries' } as const;

export const deliveryRoutes: readonly Route[] = [
  { ...own, method: 'GET', handler: show },
  { ...own, method: 'POST', handler: act },
];
