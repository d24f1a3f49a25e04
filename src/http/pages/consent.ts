import type { Scope } from '../../people/scopes.ts';
import { getPerson, type RouteContext } from '../route.ts';
import { securityHeaders } from '../security.ts';
import { icon } from './drawings.ts';
import { fill, type Html, html, nothing } from './html.ts';
import { renderPage } from './layout.ts';
import { formToken } from './parts/forms.ts';
import { addressOf } from './parts/post.ts';
import { isSecure } from './sign-in.ts';
import type { Words } from './words/words.ts';

/** What an app asks for, as the person is told it. */
export interface Consent {
  readonly appName: string;
  readonly website: string | null;
  readonly scopes: readonly Scope[];
  /** Where the answer goes; the out-of-band address shows a code instead. */
  readonly redirectUri: string;
  /** Goes back with the form, so that what was shown is what is allowed. */
  readonly hiddenFields: readonly (readonly [name: string, value: string])[];
}

/** "May this app?", in plain words. The form posts `decision` (`allow` or `deny`) to the address that it stands at. */
export function renderConsent(context: RouteContext, consent: Consent): Promise<Response> {
  const { words } = context;
  const { appName, redirectUri } = consent;
  const target = readTarget(redirectUri);
  const policy = securityHeaders(isSecure(context), target ? [target.source] : []).find(
    ([name]) => name === 'Content-Security-Policy',
  )!;
  const { account } = getPerson(context);
  return renderPage(context, {
    title: words.consent.title(appName),
    mainClass: 'read',
    headers: { [policy[0]]: policy[1], 'Cache-Control': 'no-store' },
    main: html`<div class="stack tight"><h1>${words.consent.title(appName)}</h1>
<p class="soft">${fill(words.consent.as, { who: html`<b>${addressOf(account, context)}</b>` })}</p></div>
<div class="stack tight"><p>${words.consent.asks(appName)}</p><ul>${sayScopes(words, consent.scopes)}</ul></div>
<div class="banner">${icon('info')}<p>${words.consent.unknown}${target ? html` ${words.consent.leadsTo(target.name)}` : nothing}</p></div>
<form class="row" method="post" action="/oauth/authorize">${formToken(context)}${consent.hiddenFields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="primary" name="decision" value="allow">${words.consent.allow}</button> <button name="decision" value="deny">${words.consent.deny}</button></form>`,
  });
}

/** A whole scope says all of it, so its parts need not be listed. */
function sayScopes({ consent }: Words, scopes: readonly Scope[]): Html[] {
  const sentences = scopes.flatMap((scope) => {
    const [kind, part] = scope.split(':') as [string, string | undefined];
    if (part === undefined) return [consent.scopes[kind as 'read' | 'write' | 'follow' | 'push' | 'profile'] ?? scope];
    if (scopes.includes(kind as Scope)) return [];
    return [consent.scopes[`${kind as 'read' | 'write'}:part`](consent.parts[part] ?? part)];
  });
  return sentences.map((sentence) => html`<li>${sentence}</li>`);
}

/** Where the person is sent afterwards: as a source for form-action, which browsers apply to the redirect too, and as a name to read. */
function readTarget(redirectUri: string): { source: string; name: string } | undefined {
  const url = URL.parse(redirectUri);
  if (!url || url.protocol === 'urn:') return undefined;
  if (url.protocol === 'https:' || url.protocol === 'http:') return { source: url.origin, name: url.host };
  return /^[a-z][a-z0-9+.-]*:$/.test(url.protocol)
    ? { source: url.protocol, name: url.protocol.slice(0, -1) }
    : undefined;
}

/** The code of an app that has no page of its own to come back to. */
export function renderOobCode(context: RouteContext, code: string, appName = ''): Promise<Response> {
  const { words } = context;
  return renderPage(context, {
    title: words.consent.codeTitle,
    mainClass: 'narrow',
    headers: { 'Cache-Control': 'no-store' },
    main: html`<div class="stack tight"><h1>${words.consent.codeTitle}</h1><p>${words.consent.codeText(appName || words.consent.theApp)}</p></div>
<p class="ask"><label for="f-code">${words.consent.code}</label><input id="f-code" name="code" readonly value="${code}"></p>`,
  });
}
