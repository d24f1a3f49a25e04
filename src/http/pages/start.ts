import type { CanariError } from '../../base/errors.ts';
import { addPerson, checkHandle, isStartKey } from '../../people/set-up.ts';
import { openSession } from '../../people/sign-in.ts';
import { renderSessionCookie } from '../cookies.ts';
import type { Route, RouteContext } from '../route.ts';
import { html } from './html.ts';
import { renderPage } from './layout.ts';
import { renderField, renderWrong } from './parts/forms.ts';
import { isSecure } from './sign-in.ts';

/** A place is for one person unless its operator says otherwise; this page makes the first. */
const peopleByThisPage = 1;

interface FormState {
  readonly key: string;
  readonly displayName?: string;
  readonly handle?: string;
  readonly wrong?: Partial<Record<'displayName' | 'handle' | 'passphrase' | 'again', string>>;
  readonly error?: CanariError;
  readonly status?: number;
}

async function show(context: RouteContext): Promise<Response> {
  const key = context.url.searchParams.get('key') ?? '';
  return (await isStartKey(context.place, key)) ? renderForm(context, { key }) : renderExpired(context);
}

function renderExpired(context: RouteContext): Promise<Response> {
  const { words } = context;
  return renderPage(context, {
    title: words.start.expiredTitle,
    status: 403,
    mainClass: 'narrow',
    main: html`<div class="stack tight"><p class="state refused"><b>${words.doing.yours}</b></p><h1>${words.start.expiredTitle}</h1><p class="words">${words.start.expiredText}</p></div>
<p class="row"><a class="button" href="/">${words.error.start}</a></p>`,
  });
}

function renderForm(context: RouteContext, state: FormState): Promise<Response> {
  const { words, place } = context;
  const wrong = state.wrong ?? {};
  return renderPage(context, {
    title: words.start.title,
    status: state.status ?? 200,
    mainClass: 'narrow',
    headers: { 'Cache-Control': 'no-store' },
    main: html`<div class="stack tight"><h1>${words.start.title}</h1><p>${words.start.lead}</p></div>
${renderWrong(context, state.error)}
<form class="stack" method="post" action="/start"><input type="hidden" name="key" value="${state.key}">
${renderField({ name: 'displayName', label: words.start.displayName, hint: words.start.displayNameHint, wrong: wrong.displayName, value: state.displayName ?? '', attributes: 'required maxlength="100" autocomplete="name"' })}
${renderField({ name: 'handle', label: words.start.handle, hint: words.start.handleHint(place.identity.domain), wrong: wrong.handle, value: state.handle ?? '', attributes: 'required maxlength="30" autocomplete="username" autocapitalize="none" spellcheck="false"' })}
${renderField({ name: 'passphrase', label: words.start.passphrase, hint: words.start.passphraseHint, wrong: wrong.passphrase, type: 'password', attributes: 'required autocomplete="new-password"' })}
${renderField({ name: 'again', label: words.start.again, wrong: wrong.again, type: 'password', attributes: 'required autocomplete="new-password"' })}
<button class="primary">${words.start.go}</button>
</form>
<p><small>${words.start.note}</small></p>`,
  });
}

async function create(context: RouteContext): Promise<Response> {
  const { place, words, language } = context;
  const fields = await context.readForm();
  const key = fields.get('key') ?? '';
  if (!(await isStartKey(place, key))) return renderExpired(context);
  const displayName = (fields.get('displayName') ?? '').trim();
  const handle = (fields.get('handle') ?? '').trim().replace(/^@/, '');
  const passphrase = fields.get('passphrase') ?? '';
  const state = { key, displayName, handle, status: 422 };
  const badHandle = checkHandle(handle);
  const wrong = {
    ...(badHandle && whereItBelongs(context, badHandle).wrong),
    ...(displayName === '' && { displayName: words.start.nameMissing }),
    ...(isGuessable(passphrase, [handle, displayName, place.identity.domain]) && { passphrase: words.start.guessable }),
    ...(passphrase !== fields.get('again') && { again: words.start.mismatch }),
  };
  if (Object.keys(wrong).length > 0) return renderForm(context, { ...state, wrong });
  const added = await addPerson(place, { handle, displayName, passphrase, language }, peopleByThisPage);
  if (!added.ok) return renderForm(context, { ...state, ...whereItBelongs(context, added.error) });
  context.setCookie(renderSessionCookie(await openSession(place, added.value.person.account.id), isSecure(context)));
  return renderCodes(context, added.value.codes);
}

/** Digits alone, or little beside one's own names: the first things that are tried. */
export function isGuessable(passphrase: string, names: readonly string[]): boolean {
  let rest = passphrase.toLowerCase();
  if (/^[\d\s.,/-]+$/.test(rest)) return true;
  for (const name of names) if (name.length > 2) rest = rest.replaceAll(name.toLowerCase(), '');
  return rest.length < 5;
}

function whereItBelongs({ words }: RouteContext, error: CanariError): Pick<FormState, 'wrong' | 'error'> {
  const known = words.failures[error.code]?.(error.values);
  if (!known) return { error };
  if (error.code.startsWith('CANARI_HANDLE_')) return { wrong: { handle: `${known.title}. ${known.text}` } };
  if (error.code.startsWith('CANARI_PASSPHRASE_')) return { wrong: { passphrase: known.text } };
  return { error };
}

/** The recovery codes, this once. */
export function renderCodes(context: RouteContext, codes: readonly string[]): Promise<Response> {
  const { words } = context;
  return renderPage(context, {
    title: words.codes.title,
    mainClass: 'narrow',
    headers: { 'Cache-Control': 'no-store' },
    main: html`<div class="stack tight"><h1>${words.codes.title}</h1><p>${words.codes.text}</p></div>
<ul role="list" class="codes sheet" aria-label="${words.codes.list}">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<p class="row"><a class="button primary" href="/home">${words.codes.kept}</a></p>`,
  });
}

const common = { path: '/start', who: 'anyone', shows: 'nothing written', answers: 'page' } as const;

export const startRoutes: readonly Route[] = [
  { ...common, method: 'GET', handler: show },
  { ...common, method: 'POST', handler: create },
];
