import { activityJson } from '../../activitypub/render/contexts.ts';
import { notFound } from '../errors.ts';
import type { RouteContext } from '../route.ts';
import type { Rendered } from './cache.ts';
import { isSigned } from './viewer.ts';

/** What a peer may keep for so long: an edit reaches it by Update anyway. */
const keepSeconds = 60;

/**
 * Answers with a public document, or with 304 when the asker has it already. A signed request is answered for one asker: no cache between may
 * give it to another (CVE-2026-25540, THREATS 56).
 * @throws the one 404 for everything that is not there, or not for them.
 */
export function sendDocument(
  context: RouteContext,
  rendered: Rendered | undefined,
  options: { type?: string; varies?: string } = {},
): Response {
  if (!rendered) throw notFound();
  const headers = new Headers({
    ETag: rendered.etag,
    'Cache-Control': isSigned(context) ? `private, max-age=${keepSeconds}` : `public, max-age=${keepSeconds}`,
    Vary: options.varies ?? 'Signature, Signature-Input',
  });
  const known = context.request.headers.get('if-none-match');
  if (known !== null && isKnown(known, rendered.etag)) return new Response(null, { status: 304, headers });
  headers.set('Content-Type', options.type ?? `${activityJson}; charset=utf-8`);
  return new Response(rendered.body, { headers });
}

const isKnown = (header: string, etag: string): boolean =>
  header
    .slice(0, 1_000)
    .split(',')
    .some((one) => one.trim().replace(/^W\//, '') === etag || one.trim() === '*');

/** A document for this asker alone: nobody keeps it. */
export function sendPrivate(body: string | undefined): Response {
  if (body === undefined) throw notFound();
  return new Response(body, {
    headers: {
      'Content-Type': `${activityJson}; charset=utf-8`,
      'Cache-Control': 'private, no-store',
      Vary: 'Signature, Signature-Input',
    },
  });
}
