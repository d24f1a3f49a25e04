import type { CanariError } from '../../base/errors.ts';
import type { Person } from '../../model/account.ts';
import { type Audience, audiences } from '../../model/post.ts';
import { reaches } from '../../model/reach.ts';
import { profileLimits, updateProfile } from '../../people/profile.ts';
import { renewRecoveryCodes } from '../../people/set-up.ts';
import { changePassphrase, openSession, signIn, signOut } from '../../people/sign-in.ts';
import { renderSessionCookie } from '../cookies.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { icon } from './drawings.ts';
import { type Html, html, nothing, raw } from './html.ts';
import { renderPage, seeOther } from './layout.ts';
import { renderAccountForm } from './parts/account-actions.ts';
import { plainText } from './parts/composer.ts';
import {
  formToken,
  renderAlert,
  renderArea,
  renderCheck,
  renderField,
  renderSelect,
  renderWrong,
} from './parts/forms.ts';
import { renderAccounts } from './parts/list.ts';
import { doorOf, inTurn, isSecure } from './sign-in.ts';
import { renderCodes } from './start.ts';
import { formatDate } from './words/formats.ts';
import { languages } from './words/words.ts';

type Part = 'profile' | 'passphrase' | 'apps' | 'blocks';
const paths: Record<Part, string> = {
  profile: '/settings',
  passphrase: '/settings/passphrase',
  apps: '/settings/apps',
  blocks: '/settings/blocks',
};
/** Lines of facts that the form offers; more, made by an app, are kept and shown as well. */
const fieldLines = 4;
/** Blocked and muted accounts shown. */
const mostKeptAway = 200;

function renderSettings(context: RouteContext, part: Part, content: Html, status = 200): Promise<Response> {
  const { words } = context;
  const tabs = (Object.keys(paths) as Part[]).map(
    (one) =>
      html`<a href="${paths[one]}"${one === part ? raw(' aria-current="page"') : nothing}>${words.settings[one]}</a> `,
  );
  return renderPage(context, {
    title: `${words.settings.title} › ${words.settings[part]}`,
    current: 'settings',
    mainClass: 'read',
    status,
    headers: { 'Cache-Control': 'no-store' },
    main: html`<h1>${words.settings.title}</h1><nav class="tabs row" aria-label="${words.settings.parts}">${tabs}</nav>
${content}
<form class="row leave" method="post" action="/sign-out">${formToken(context)}<button>${icon('log-out')} ${words.settings.signOut}</button></form>`,
  });
}

function showProfile(context: RouteContext, error?: CanariError, typed?: URLSearchParams): Promise<Response> {
  const { words } = context;
  const person = getPerson(context);
  const { account } = person;
  const value = (name: string, stored: string) => typed?.get(name) ?? stored;
  const isOn = (name: string, stored: boolean) => (typed ? typed.has(name) : stored);
  const content = html`${renderWrong(context, error)}
<form class="stack" method="post" action="/settings">${formToken(context)}
${renderField({ name: 'displayName', label: words.settings.displayName, value: value('displayName', account.displayName), attributes: `maxlength="${profileLimits.displayNameChars}" autocomplete="name"` })}
${renderArea({ name: 'bio', label: words.settings.bio, hint: words.settings.bioHint, value: value('bio', person.bioText), attributes: `maxlength="${profileLimits.bioChars}"` })}
${renderFacts(context, person, typed)}
<p class="ask">${renderSelect({
    name: 'language',
    label: words.settings.language,
    value: value('language', person.language),
    choices: [
      ['en', 'English'],
      ['fr', 'Français'],
    ],
  })}</p>
<fieldset><legend>${words.settings.people}</legend>
${renderCheck({ name: 'locked', label: words.settings.locked, isOn: isOn('locked', account.locked) })}
${renderCheck({ name: 'discoverable', label: words.settings.discoverable, isOn: isOn('discoverable', account.discoverable) })}
${renderCheck({ name: 'showsFollows', label: words.settings.showsFollows, hint: words.settings.showsFollowsHint, isOn: isOn('showsFollows', person.showsFollows) })}</fieldset>
<fieldset><legend>${words.settings.writing}</legend>
<p class="ask">${renderSelect({ name: 'audience', label: words.settings.audience, value: value('audience', person.defaultAudience), choices: audiences.map((one) => [one, words.audiences[one]] as const) })}</p>
<p class="ask">${renderSelect({ name: 'reach', label: words.reach.setting, value: value('reach', person.defaultReach ?? 'auto'), choices: (['auto', ...reaches] as const).map((one) => [one, words.reach.settings[one]] as const) })}<small>${words.reach.settingHint}</small></p></fieldset>
<div class="row"><button class="primary">${words.form.save}</button></div>
</form>`;
  return renderSettings(context, 'profile', content, error?.status ?? 200);
}

/** Lines of name and value; one's own words as typed, since the stored ones are rendered already. */
function renderFacts({ words }: RouteContext, { account }: Person, typed: URLSearchParams | undefined): Html {
  const names = typed?.getAll('fieldName');
  const values = typed?.getAll('fieldValue');
  const lines = Array.from({ length: Math.max(fieldLines, account.fields.length) }, (_, i) => {
    const name = names ? (names[i] ?? '') : (account.fields[i]?.name ?? '');
    const value = values ? (values[i] ?? '') : plainValue(account.fields[i]?.valueHtml ?? '');
    return html`<div class="fact"><input name="fieldName" aria-label="${words.settings.fieldName(i + 1)}" maxlength="${profileLimits.fieldChars}" value="${name}"><input name="fieldValue" aria-label="${words.settings.fieldValue(i + 1)}" maxlength="${profileLimits.fieldChars}" value="${value}"></div>`;
  });
  return html`<fieldset><legend>${words.settings.fields}</legend><small>${words.settings.fieldsHint}</small>${lines}</fieldset>`;
}

/** A rendered link is typed as its address again: its label may be shortened. */
const plainValue = (valueHtml: string) => {
  const link = /^(?:<p>)?<a [^>]*href="([^"]+)"[^>]*>(?:(?!<\/a>).)*<\/a>(?:<\/p>)?$/.exec(valueHtml);
  return plainText(link ? link[1]! : valueHtml);
};

async function saveProfile(context: RouteContext): Promise<Response> {
  const fields = await context.readForm();
  const language = fields.get('language');
  const audience = fields.get('audience') as Audience;
  const names = fields.getAll('fieldName');
  const values = fields.getAll('fieldValue');
  const done = await updateProfile(context.place, getPerson(context), {
    displayName: fields.get('displayName') ?? undefined,
    bioText: fields.get('bio')?.replaceAll('\r\n', '\n') ?? undefined,
    locked: fields.has('locked'),
    discoverable: fields.has('discoverable'),
    showsFollows: fields.has('showsFollows'),
    fields: names
      .map((name, i) => ({ name: name.trim(), value: (values[i] ?? '').trim() }))
      .filter(({ name, value }) => name !== '' && value !== ''),
    language: languages.find((one) => one === language),
    defaultAudience: audiences.includes(audience) ? audience : undefined,
    defaultReach: fields.get('reach') === 'auto' ? null : reaches.find((one) => one === fields.get('reach')),
  });
  return done.ok ? seeOther(context, '/settings', 'saved') : showProfile(context, done.error, fields);
}

function showPassphrase(
  context: RouteContext,
  state: { alert?: Html; error?: CanariError; status?: number } = {},
): Promise<Response> {
  const { words } = context;
  const { handle } = getPerson(context).account;
  // The name tells password managers which entry to renew.
  const name = html`<input type="text" name="handle" value="${handle}" autocomplete="username" hidden>`;
  const content = html`${state.alert ?? renderWrong(context, state.error)}
<form class="stack" method="post" action="/settings/passphrase">${formToken(context)}${name}
${renderField({ name: 'current', label: words.settings.currentPassphrase, type: 'password', attributes: 'required autocomplete="current-password"' })}
${renderField({ name: 'passphrase', label: words.settings.newPassphrase, hint: words.start.passphraseHint, type: 'password', attributes: 'required autocomplete="new-password"' })}
${renderField({ name: 'again', label: words.start.again, type: 'password', attributes: 'required autocomplete="new-password"' })}
<div class="row"><button class="primary">${words.settings.change}</button> <span class="soft">${words.settings.passphraseText}</span></div>
</form>
<section class="stack tight"><h2>${words.settings.newCodesTitle}</h2><p>${words.settings.newCodesText}</p>
<form class="stack" method="post" action="/settings/codes">${formToken(context)}
<p class="ask"><label for="f-proof">${words.settings.currentPassphrase}</label><input id="f-proof" name="current" type="password" required autocomplete="current-password"></p>
<div class="row"><button>${words.settings.newCodes}</button></div></form></section>`;
  return renderSettings(context, 'passphrase', content, state.status ?? 200);
}

/** Asks for the passphrase again; undefined when it was right. Somebody at an unlocked screen does not get further than the screen. */
async function checkCurrent(context: RouteContext, fields: URLSearchParams): Promise<Response | undefined> {
  const { words, place } = context;
  const { handle } = getPerson(context).account;
  const door = doorOf(context, handle);
  const alert = (text: string) => renderAlert(words.doing.yours, text);
  if (door.pauseMs() > 0) {
    const minutes = Math.ceil(door.pauseMs() / 60_000);
    return showPassphrase(context, { status: 429, alert: alert(words.signIn.paused(minutes)) });
  }
  const proof = await signIn(place, { handle, passphrase: fields.get('current') ?? '' });
  if (!proof.ok) {
    door.fail();
    return showPassphrase(context, { status: 422, alert: alert(words.settings.wrongPassphrase) });
  }
  door.succeed();
  await signOut(place, proof.value.token);
  return undefined;
}

async function savePassphrase(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const person = getPerson(context);
  const fields = await context.readForm();
  const passphrase = fields.get('passphrase') ?? '';
  if (passphrase !== fields.get('again')) {
    return showPassphrase(context, { status: 422, alert: renderAlert(words.doing.yours, words.start.mismatch) });
  }
  const refused = await checkCurrent(context, fields);
  if (refused) return refused;
  const done = await changePassphrase(place, person.account.id, passphrase);
  if (!done.ok) return showPassphrase(context, { status: done.error.status, error: done.error });
  context.setCookie(renderSessionCookie(await openSession(place, person.account.id), isSecure(context)));
  return seeOther(context, '/settings/passphrase', 'passphrase-changed');
}

async function renewCodes(context: RouteContext): Promise<Response> {
  const refused = await checkCurrent(context, await context.readForm());
  if (refused) return refused;
  return renderCodes(context, await renewRecoveryCodes(context.place, getPerson(context).account.id));
}

async function showApps(context: RouteContext): Promise<Response> {
  const { words, place, language } = context;
  const tokens = await place.store.apps.tokensOf(getPerson(context).account.id);
  const items = tokens.map(({ tokenHash, appName, createdAtMs, lastUsedAtMs, scopes }) => {
    const name = appName ?? words.settings.operatorToken;
    const used =
      lastUsedAtMs === null ? words.settings.appNeverUsed : words.settings.appUsed(formatDate(lastUsedAtMs, language));
    return html`<li class="row keep account"><p><b>${name}</b><br><small>${words.settings.appSince(formatDate(createdAtMs, language))}, ${used}<br><code>${scopes}</code></small></p><form class="end" method="post" action="/settings/apps">${formToken(context)}<input type="hidden" name="token" value="${tokenHash}"><button aria-label="${words.settings.revokeNamed(name)}">${words.settings.revoke}</button></form></li>`;
  });
  const content = html`<p>${words.settings.appsText}</p>${items.length === 0 ? html`<p class="soft">${words.settings.appsNone}</p>` : html`<ul role="list" class="accounts">${items}</ul>`}`;
  return renderSettings(context, 'apps', content);
}

async function revokeApp(context: RouteContext): Promise<Response> {
  const token = (await context.readForm()).get('token') ?? '';
  await context.place.store.apps.removeTokenOf(getPerson(context).account.id, token);
  return seeOther(context, '/settings/apps', 'revoked');
}

async function showBlocks(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const { id } = getPerson(context).account;
  const page = { limit: mostKeptAway };
  const blocked = await place.store.blocks.page(id, page);
  const muted = await place.store.blocks.mutePage(id, page, place.clock.now());
  const list = (entries: typeof blocked, verb: 'unblock' | 'unmute', none: string) =>
    entries.length === 0
      ? html`<p class="soft">${none}</p>`
      : renderAccounts(
          context,
          entries.map(({ account }) => account),
          (account) => renderAccountForm(context, account, [{ verb, text: words.profile[verb] }], '/settings/blocks'),
        );
  const content = html`<section class="stack tight"><h2>${words.settings.blocked}</h2>${list(blocked, 'unblock', words.settings.nobodyBlocked)}</section>
<section class="stack tight"><h2>${words.settings.muted}</h2>${list(muted, 'unmute', words.settings.nobodyMuted)}</section>`;
  return renderSettings(context, 'blocks', content);
}

const own = { who: 'signed-in', shows: 'own things', answers: 'page' } as const;

export const settingsRoutes: readonly Route[] = [
  { ...own, method: 'GET', path: '/settings', handler: (context) => showProfile(context) },
  { ...own, method: 'POST', path: '/settings', handler: saveProfile },
  { ...own, method: 'GET', path: '/settings/passphrase', handler: (context) => showPassphrase(context) },
  {
    ...own,
    method: 'POST',
    path: '/settings/passphrase',
    handler: (context) => inTurn(context, () => savePassphrase(context)),
  },
  { ...own, method: 'POST', path: '/settings/codes', handler: (context) => inTurn(context, () => renewCodes(context)) },
  { ...own, method: 'GET', path: '/settings/apps', handler: showApps },
  { ...own, method: 'POST', path: '/settings/apps', handler: revokeApp },
  { ...own, method: 'GET', path: '/settings/blocks', handler: showBlocks },
];
