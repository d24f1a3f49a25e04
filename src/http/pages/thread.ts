import { CanariError } from '../../base/errors.ts';
import { isId } from '../../base/ids.ts';
import { asId, type PostId } from '../../model/ids.ts';
import { isForEveryone, type PostView } from '../../model/post.ts';
import { postNotFound } from '../../outgoing/compose.ts';
import type { Landing } from '../../store/place/landings.ts';
import type { Route, RouteContext } from '../route.ts';
import { type Html, html, nothing } from './html.ts';
import { renderPage } from './layout.ts';
import { excerptOf } from './parts/composer.ts';
import { loadLanded } from './parts/list.ts';
import { nameOf, postPath, renderPost } from './parts/post.ts';

/** Answers on one page of a thread. */
const answersPerPage = 100;
/** From this depth on a line says whom a post answers, instead of indenting further. */
const deepestBranch = 3;

/** `alice` or `bob@elsewhere.example` of an address here. */
export function readAddress(text: string, placeDomain: string): { handle: string; domain: string | null } {
  const [handle = '', domain] = text.split('@');
  return { handle, domain: domain === undefined || domain.toLowerCase() === placeDomain ? null : domain.toLowerCase() };
}

/** Strangers see what was written here; what came from elsewhere is shown to the people of the place only, and its origin shows it to others. */
export function checkVisitor({ person }: RouteContext, domain: string | null): void {
  if (domain !== null && !person) {
    throw new CanariError('CANARI_SIGN_IN_NEEDED', 'This is shown to the people of this place.', { status: 401 });
  }
}

async function show(context: RouteContext): Promise<Response> {
  const { place, params, words, person } = context;
  const { handle, domain } = readAddress(params.address!, place.identity.domain);
  checkVisitor(context, domain);
  const thread = isId(params.id!)
    ? await place.store.views.thread(asId<PostId>(params.id!), person?.account.id ?? null)
    : undefined;
  if (!thread) return showBoosted(context);
  const { post: view, ancestors, descendants } = thread;
  const { author, post } = view;
  if (author.handle.toLowerCase() !== handle.toLowerCase() || author.domain !== domain) throw postNotFound();
  const isPublic = isForEveryone(post.audience) && author.domain === null;
  const landed = await loadLanded(context, [...ancestors, view, ...descendants]);
  return renderPage(context, {
    title: words.thread.title(nameOf(author)),
    isListed: isPublic && author.discoverable,
    ...(isPublic && { description: excerptOf(view, 200), head: renderHead(context, view) }),
    aside: person ? undefined : { label: words.thread.takePart, content: renderTakePart(context, view) },
    main: html`<h1 class="hidden">${words.thread.heading(nameOf(author))}</h1>
${ancestors.length > 0 ? html`<section class="stack tight above" aria-label="${words.thread.before}"><ol role="list" class="thread">${ancestors.map((one) => html`<li>${renderPost(context, one, { landed })}</li>`)}</ol></section>` : nothing}
<div>${renderPost(context, view, { isLead: true, landed })}</div>
${renderAnswers(context, view, descendants, landed)}`,
  });
}

/** An address of a boost leads to what it boosts. */
async function showBoosted({ place, params, person }: RouteContext): Promise<Response> {
  const view = isId(params.id!)
    ? await place.store.views.find(asId<PostId>(params.id!), person?.account.id ?? null)
    : undefined;
  if (!view?.boostOf) throw postNotFound();
  const { post, author } = view.boostOf;
  const target = person || author.domain === null ? postPath(author, post) : (post.url ?? post.uri);
  return new Response(null, { status: 302, headers: { Location: target } });
}

function renderHead({ place }: RouteContext, view: PostView): Html {
  const { post, author } = view;
  return html`<link rel="canonical" href="${place.addresses.postPage(author.handle, post.id)}">
<link rel="alternate" type="application/activity+json" href="${post.uri}">
<meta property="og:type" content="article"><meta property="og:title" content="${nameOf(author)}"><meta property="og:description" content="${excerptOf(view, 200)}"><meta property="og:url" content="${place.addresses.postPage(author.handle, post.id)}">`;
}

function renderTakePart({ words, place }: RouteContext, { post, author }: PostView): Html {
  if (!place.identity.federates) return html`<p class="soft">${words.profile.local}</p>`;
  return html`<section class="sheet"><h2>${words.thread.fromYours}</h2><p>${words.thread.fromYoursText}</p>
<p class="ask"><label for="f-address">${words.thread.address}</label><input id="f-address" readonly value="${place.addresses.postPage(author.handle, post.id)}"></p></section>`;
}

interface Branch {
  readonly view: PostView;
  readonly depth: number;
}

/** The answers, each below what it answers; long threads in pages. */
function renderAnswers(
  context: RouteContext,
  view: PostView,
  descendants: readonly PostView[],
  landed: ReadonlyMap<PostId, Landing>,
): Html {
  const { words, url } = context;
  if (descendants.length === 0) return html`<p class="soft">${words.thread.none}</p>`;
  const depths = new Map<PostId, number>([[view.post.id, 0]]);
  const branches: Branch[] = descendants.map((one) => {
    const depth = Math.min((depths.get(one.post.inReplyToId as PostId) ?? 0) + 1, deepestBranch);
    depths.set(one.post.id, depth);
    return { view: one, depth };
  });
  const wanted = Number(url.searchParams.get('from') ?? 0);
  const from = Number.isInteger(wanted) && wanted > 0 && wanted < branches.length ? wanted : 0;
  const shown = branches.slice(from, from + answersPerPage);
  const left = branches.length - from - shown.length;
  return html`<section class="stack" aria-labelledby="answers"><h2 id="answers">${words.thread.answers(branches.length)}</h2>
${renderBranch(context, shown, 1, landed)}
<p class="row">${left > 0 ? html`<a class="button" href="${url.pathname}?from=${from + shown.length}#answers">${words.thread.more(left)}</a>` : nothing}${from > 0 ? html` <a href="${url.pathname}?from=${Math.max(0, from - answersPerPage)}#answers">${words.thread.fewer}</a>` : nothing}</p></section>`;
}

/** Rows in depth-first order become lists inside lists. A row deeper than the first one of its list hangs below the row before it. */
function renderBranch(
  context: RouteContext,
  branches: readonly Branch[],
  depth: number,
  landed: ReadonlyMap<PostId, Landing>,
): Html {
  const items: Html[] = [];
  for (let i = 0; i < branches.length; ) {
    const { view } = branches[i]!;
    let end = i + 1;
    while (end < branches.length && branches[end]!.depth > depth) end += 1;
    const below = branches.slice(i + 1, end);
    items.push(
      html`<li>${renderPost(context, view, { landed, showsParent: depth >= deepestBranch })}${below.length > 0 ? renderBranch(context, below, depth + 1, landed) : nothing}</li>`,
    );
    i = end;
  }
  return html`<ol role="list" class="thread">${items}</ol>`;
}

/** Peers that were given the address of the page find the post itself. */
async function toActivity({ place, params }: RouteContext): Promise<Response> {
  const { handle, domain } = readAddress(params.address!, place.identity.domain);
  const person = domain === null ? await place.store.people.findByHandle(handle) : undefined;
  if (!person || !isId(params.id!)) throw postNotFound();
  return new Response(null, {
    status: 302,
    headers: { Location: place.addresses.post(person.account.id, params.id!) },
  });
}

const common = { method: 'GET', path: '/@:address/:id', who: 'anyone' } as const;

export const threadRoutes: readonly Route[] = [
  { ...common, shows: 'what the viewer may see', answers: 'page', handler: show },
  { ...common, shows: 'nothing written', answers: 'activity', accept: 'activity', handler: toActivity },
];
