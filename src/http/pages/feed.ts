import type { PostView } from '../../model/post.ts';
import { accountNotFound } from '../../people/follow.ts';
import type { Route, RouteContext } from '../route.ts';
import { excerptOf } from './parts/composer.ts';
import { nameOf } from './parts/post.ts';
import { readAddress } from './thread.ts';

/** Posts in the feed. */
const entries = 20;
/** Feed readers ask often; a quarter of an hour late is early enough. */
const cache = 'public, max-age=900';

/** XML 1.0 has no place for most control characters, escaped or not. */
const escapeXml = (text: string) =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

const time = (atMs: number) => new Date(atMs).toISOString();

/** What one person wrote for everyone, as Atom (RFC 4287). Never a quiet, followers-only or direct post, whoever asks (THREATS 54). */
async function show({ place, params, words }: RouteContext): Promise<Response> {
  const { handle, domain } = readAddress(params.address!, place.identity.domain);
  const person = domain === null ? await place.store.people.findByHandle(handle) : undefined;
  if (!person) throw accountNotFound();
  const { account } = person;
  const views = await place.store.views.ofAuthor({
    authorId: account.id,
    viewerId: null,
    limit: entries,
    excludeReplies: true,
    excludeBoosts: true,
    onlyPublic: true,
  });
  const page = place.addresses.profile(account.handle);
  const updatedAtMs = Math.max(account.createdAtMs, ...views.map(({ post }) => post.editedAtMs ?? post.publishedAtMs));
  const feed = `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${person.language}">
<id>${escapeXml(account.uri)}</id>
<title>${escapeXml(words.profile.title(nameOf(account), `@${account.handle}@${place.identity.domain}`))}</title>
<updated>${time(updatedAtMs)}</updated>
<author><name>${escapeXml(nameOf(account))}</name><uri>${escapeXml(page)}</uri></author>
<link rel="self" type="application/atom+xml" href="${escapeXml(`${page}/feed.atom`)}"/>
<link rel="alternate" type="text/html" href="${escapeXml(page)}"/>
${views.map((view) => renderEntry(view, place.addresses.postPage(account.handle, view.post.id))).join('\n')}
</feed>
`;
  return new Response(feed, {
    headers: { 'Content-Type': 'application/atom+xml; charset=utf-8', 'Cache-Control': cache },
  });
}

function renderEntry(view: PostView, page: string): string {
  const { post } = view;
  // Under a content warning the words stay behind the link.
  const content = post.contentWarning ? escapeXml(post.contentWarning) : post.contentHtml;
  const language = post.language ? ` xml:lang="${escapeXml(post.language)}"` : '';
  return `<entry${language}>
<id>${escapeXml(post.uri)}</id>
<title>${escapeXml(excerptOf(view, 80))}</title>
<published>${time(post.publishedAtMs)}</published>
<updated>${time(post.editedAtMs ?? post.publishedAtMs)}</updated>
<link rel="alternate" type="text/html" href="${escapeXml(page)}"/>
<content type="html">${escapeXml(content)}</content>
</entry>`;
}

export const feedRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/@:address/feed.atom',
    who: 'anyone',
    shows: 'public documents',
    answers: 'page',
    handler: show,
  },
];
