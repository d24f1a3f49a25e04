import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { notFound } from '../errors.ts';
import type { Route, RouteContext } from '../route.ts';
import { faviconFile, markFile } from './drawings.ts';

/** Files that pages need, kept in memory; an address holds the hash of its content, so a browser may keep it for ever. */
interface Asset {
  readonly path: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, a quarter of the size; made once. Pages themselves are never compressed: a form's token stands in them (BREACH). */
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

function asset(name: string, extension: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 10);
  const bytes = new TextEncoder().encode(content);
  return {
    path: `/assets/${name}-${hash}.${extension}`,
    type,
    bytes,
    gzipped: new Uint8Array(gzipSync(bytes, { level: 9 })),
  };
}

/** Comments and indentation stay at home. */
const smaller = (css: string) => css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\n\s*/g, '\n');

export const stylesheet = asset(
  'canari',
  'css',
  'text/css; charset=utf-8',
  smaller(readFileSync(new URL('./canari.css', import.meta.url), 'utf8')),
);
export const favicon = asset('favicon', 'svg', 'image/svg+xml', faviconFile);
export const markAsset = asset('mark', 'svg', 'image/svg+xml', markFile);

const assets = new Map([stylesheet, favicon, markAsset].map((one) => [one.path, one]));

const forEver = 'public, max-age=31536000, immutable';

function serve({ url, request }: RouteContext): Response {
  const found = assets.get(url.pathname);
  if (!found) throw notFound();
  const headers = { 'Content-Type': found.type, 'Cache-Control': forEver, Vary: 'Accept-Encoding' };
  const takesGzip = /(^|[\s,])gzip\s*(,|$|;\s*q=(1|0\.[1-9]))/i.test(request.headers.get('accept-encoding') ?? '');
  if (!takesGzip) return new Response(found.bytes, { headers });
  return new Response(found.gzipped, { headers: { ...headers, 'Content-Encoding': 'gzip' } });
}

const toFavicon = () => new Response(null, { status: 302, headers: { Location: favicon.path } });

const robots = () =>
  new Response('User-agent: *\nDisallow: /oauth/\nDisallow: /sign-in\nDisallow: /search\n', {
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'public, max-age=86400' },
  });

const common = { method: 'GET', who: 'anyone', shows: 'nothing written', answers: 'page' } as const;

export const assetRoutes: readonly Route[] = [
  { ...common, path: '/assets/:file', handler: serve },
  { ...common, path: '/favicon.ico', handler: toFavicon },
  { ...common, path: '/robots.txt', handler: robots },
];
