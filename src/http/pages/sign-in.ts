import { CanariError } from '../../base/errors.ts';
import { Slots } from '../../base/net/slots.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { recover, signIn, signOut } from '../../people/sign-in.ts';
import { renderEndOfSession, renderSessionCookie } from '../cookies.ts';
import { FailedTries } from '../limits-per-address.ts';
import { limitKey } from '../request.ts';
import type { Route, RouteContext } from '../route.ts';
import { localPath } from '../security.ts';
import { type Html, html, nothing } from './html.ts';
import { renderPage, seeOther } from './layout.ts';
import { formToken, renderAlert, renderField, renderWrong } from './parts/forms.ts';

/** Wrong tries before a pause. By name there are more, so that a stranger at one address cannot lock the owner out with a handful. */
const tries = { perAddress: 5, perName: 20, pauseMs: 5 * 60_000 } as const;

/** Passphrases being hashed at once, 19 MiB and 30 ms each: one per address, so that tries at the same moment are counted one by one. */
const hashing = { perAddress: 1, inAll: 4 } as const;

interface Guard {
  readonly addresses: FailedTries;
  readonly names: FailedTries;
  readonly slots: Slots;
}
const guards = new WeakMap<OpenPlace, Guard>();

function guardOf(place: OpenPlace): Guard {
  let guard = guards.get(place);
  if (!guard) {
    guard = {
      addresses: new FailedTries(place.clock, { triesAllowed: tries.perAddress, pauseMs: tries.pauseMs }),
      names: new FailedTries(place.clock, { triesAllowed: tries.perName, pauseMs: tries.pauseMs }),
      slots: new Slots(hashing.perAddress, hashing.inAll),
    };
    guards.set(place, guard);
  }
  return guard;
}

/** Runs what hashes a passphrase when it is its turn. */
export async function inTurn<T>(context: RouteContext, run: () => Promise<T>): Promise<T> {
  const giveBack = await guardOf(context.place).slots.take(limitKey(context.address), context.request.signal);
  if (!giveBack) {
    throw new CanariError('CANARI_DOOR_BUSY', 'Too many people knock at once.', { doing: 'ours', status: 503 });
  }
  try {
    return await run();
  } finally {
    giveBack();
  }
}

/** Counts tries of one visitor under one name (THREATS 60). The secret is not even looked at during a pause. */
export function doorOf(context: RouteContext, name: string) {
  const guard = guardOf(context.place);
  const address = limitKey(context.address);
  const key = name.trim().replace(/^@/, '').split('@')[0]!.toLowerCase().slice(0, 100);
  return {
    pauseMs: () => Math.max(guard.addresses.pauseMs(address), guard.names.pauseMs(key)),
    triesLeft: () => Math.min(guard.addresses.triesLeft(address), guard.names.triesLeft(key)),
    fail() {
      guard.addresses.fail(address);
      guard.names.fail(key);
    },
    succeed() {
      guard.addresses.succeed(address);
      guard.names.succeed(key);
    },
  };
}

export const isSecure = ({ place }: RouteContext) => place.identity.origin.startsWith('https:');

interface FormState {
  readonly handle?: string;
  readonly alert?: Html;
  readonly status?: number;
  readonly returnTo?: string;
}

function showSignIn(context: RouteContext): Promise<Response> | Response {
  const returnTo = localPath(context.url.searchParams.get('return_to'), '/home');
  // An app may ask to choose anew whom it speaks for: then the form is shown to somebody signed in as well.
  if (context.person && !context.url.searchParams.has('again')) return seeOther(context, returnTo);
  return renderSignIn(context, { returnTo });
}

function renderSignIn(context: RouteContext, state: FormState): Promise<Response> {
  const { words, place } = context;
  const returnTo = state.returnTo ?? '/home';
  const title = words.signIn.title(place.identity.domain);
  return renderPage(context, {
    title: words.ways.signIn,
    mainClass: 'narrow',
    status: state.status ?? 200,
    headers: { 'Cache-Control': 'no-store' },
    main: html`<h1>${title}</h1>
${state.alert ?? (returnTo === '/home' ? nothing : html`<p class="soft">${words.signIn.first}</p>`)}
<form class="stack" method="post" action="/sign-in"><input type="hidden" name="return_to" value="${returnTo}">
${renderField({ name: 'handle', label: words.signIn.handle, hint: words.signIn.handleHint, value: state.handle ?? '', attributes: 'required autocomplete="username" autocapitalize="none" spellcheck="false"' })}
${renderField({ name: 'passphrase', label: words.signIn.passphrase, type: 'password', attributes: 'required autocomplete="current-password"' })}
<button class="primary">${words.signIn.go}</button>
</form>
<p><a href="/recover">${words.signIn.forgot}</a></p>
<p class="soft">${words.signIn.visitor}</p>`,
  });
}

const pausedAlert = ({ words }: RouteContext, pauseMs: number) =>
  renderAlert(words.doing.yours, words.signIn.paused(Math.max(1, Math.ceil(pauseMs / 60_000))));

async function doSignIn(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const fields = await context.readForm();
  const handle = fields.get('handle') ?? '';
  const returnTo = localPath(fields.get('return_to'), '/home');
  const door = doorOf(context, handle);
  if (door.pauseMs() > 0) {
    return renderSignIn(context, { handle, returnTo, status: 429, alert: pausedAlert(context, door.pauseMs()) });
  }
  const entered = await signIn(place, { handle, passphrase: fields.get('passphrase') ?? '' });
  if (!entered.ok) {
    door.fail();
    const left = door.triesLeft();
    const alert =
      left > 0
        ? renderAlert(words.doing.yours, `${words.signIn.wrong} ${words.signIn.triesLeft(left)}`)
        : pausedAlert(context, door.pauseMs());
    return renderSignIn(context, { handle, returnTo, status: 401, alert });
  }
  door.succeed();
  await place.store.sessions.prune(place.clock.now());
  if (context.session) await signOut(place, context.session.token);
  context.setCookie(renderSessionCookie(entered.value.token, isSecure(context)));
  return seeOther(context, returnTo);
}

async function doSignOut(context: RouteContext): Promise<Response> {
  if (context.session) await signOut(context.place, context.session.token);
  context.setCookie(renderEndOfSession(isSecure(context)));
  return seeOther(context, '/', 'signed-out');
}

function renderRecover(
  context: RouteContext,
  state: FormState & { code?: string; error?: CanariError } = {},
): Promise<Response> {
  const { words } = context;
  return renderPage(context, {
    title: words.recover.title,
    mainClass: 'narrow',
    status: state.status ?? 200,
    headers: { 'Cache-Control': 'no-store' },
    main: html`<div class="stack tight"><h1>${words.recover.title}</h1><p>${words.recover.text}</p></div>
${state.alert ?? renderWrong(context, state.error)}
<form class="stack" method="post" action="/recover">${formToken(context)}
${renderField({ name: 'handle', label: words.signIn.handle, hint: words.signIn.handleHint, value: state.handle ?? '', attributes: 'required autocomplete="username" autocapitalize="none" spellcheck="false"' })}
${renderField({ name: 'code', label: words.recover.code, value: state.code ?? '', attributes: 'required autocomplete="off" autocapitalize="none" spellcheck="false"' })}
${renderField({ name: 'passphrase', label: words.recover.passphrase, hint: words.start.passphraseHint, type: 'password', attributes: 'required autocomplete="new-password"' })}
<button class="primary">${words.recover.go}</button>
</form>
<p class="soft">${words.recover.lost}</p>`,
  });
}

async function doRecover(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const fields = await context.readForm();
  const handle = fields.get('handle') ?? '';
  const code = fields.get('code') ?? '';
  const door = doorOf(context, handle);
  if (door.pauseMs() > 0) {
    return renderRecover(context, { handle, status: 429, alert: pausedAlert(context, door.pauseMs()) });
  }
  const entered = await recover(place, { handle, code, passphrase: fields.get('passphrase') ?? '' });
  if (!entered.ok) {
    if (entered.error.code !== 'CANARI_CODE_WRONG') {
      return renderRecover(context, { handle, code, status: entered.error.status, error: entered.error });
    }
    door.fail();
    return renderRecover(context, { handle, status: 401, alert: renderAlert(words.doing.yours, words.recover.wrong) });
  }
  door.succeed();
  context.setCookie(renderSessionCookie(entered.value.token, isSecure(context)));
  return seeOther(context, '/home', 'passphrase-changed');
}

const anyone = { who: 'anyone', shows: 'nothing written', answers: 'page' } as const;

export const signInRoutes: readonly Route[] = [
  { ...anyone, method: 'GET', path: '/sign-in', handler: showSignIn },
  { ...anyone, method: 'POST', path: '/sign-in', handler: (context) => inTurn(context, () => doSignIn(context)) },
  { ...anyone, method: 'POST', path: '/sign-out', who: 'signed-in', handler: doSignOut },
  { ...anyone, method: 'GET', path: '/recover', handler: (context) => renderRecover(context) },
  { ...anyone, method: 'POST', path: '/recover', handler: (context) => inTurn(context, () => doRecover(context)) },
];
