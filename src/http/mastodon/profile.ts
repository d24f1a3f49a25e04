import type { Person } from '../../model/account.ts';
import { type Reach, reaches } from '../../model/reach.ts';
import { type ProfileChanges, updateProfile } from '../../people/profile.ts';
import { htmlToText } from '../../text/html.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, getValue, invalid, json } from './answers.ts';
import { renderCredentialAccount } from './entities/account.ts';
import { readVisibility, visibilities } from './entities/visibility.ts';
import { type Params, readParams } from './params.ts';

/**
 * A field's value as it was typed, from its HTML: an app sends back what it read here, so a link must come out whole, not as the shortened
 * address that people see, and somebody's handle with its server.
 */
function readTyped(valueHtml: string, origin: string): string {
  const whole = valueHtml.replace(
    /<a href="([^"]*)"([^>]*)>(.*?)<\/a>/gs,
    (_link, href: string, more: string, label: string) => {
      if (more.includes('hashtag')) return label;
      if (!more.includes('mention')) return href;
      return href.startsWith(`${origin}/`) ? label : `${label}@${URL.parse(href)?.host ?? ''}`;
    },
  );
  return htmlToText(whole).trim();
}

async function answerPerson(context: RouteContext, person: Person): Promise<Response> {
  const followRequestsCount = await context.place.store.follows.countRequests(person.account.id);
  const fields = person.account.fields.map(({ name, valueHtml }) => ({
    name,
    value: readTyped(valueHtml, context.place.identity.origin),
  }));
  const viewer = { place: context.place, viewerId: person.account.id };
  return json(renderCredentialAccount(person, { followRequestsCount, fields }, viewer));
}

/** A file, or its address or bytes as text: pictures cannot be taken yet, and an app must not believe that they were. */
function refusePictures(params: Params) {
  for (const name of ['avatar', 'header']) {
    if (params.isFile(name) || params.has(name)) {
      throw invalid('Pictures cannot be uploaded here yet.', 'Leave the picture as it is and save the rest.');
    }
  }
}

function readLanguage(text: string | undefined): 'en' | 'fr' | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'en' || text === 'fr') return text;
  throw invalid('source[language] must be en or fr.');
}

/** `source[canari][reach]`; null for `auto`, undefined when left out. */
function readReach(text: string | undefined): Reach | null | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'auto') return null;
  const reach = reaches.find((one) => one === text);
  if (!reach) throw invalid(`source[canari][reach] must be one of auto, ${reaches.join(', ')}.`);
  return reach;
}

function readChanges(params: Params): ProfileChanges {
  const source = params.inner('source');
  const privacy = source?.text('privacy');
  const defaultAudience = privacy === undefined ? undefined : readVisibility(privacy);
  if (privacy !== undefined && defaultAudience === undefined) {
    throw invalid(`source[privacy] must be one of ${Object.values(visibilities).join(', ')}.`);
  }
  const hidesFollows = params.flag('hide_collections');
  return {
    displayName: params.text('display_name'),
    bioText: params.text('note'),
    locked: params.flag('locked'),
    discoverable: params.flag('discoverable'),
    fields: params.inners('fields_attributes')?.map((field) => ({
      name: field.text('name') ?? '',
      value: field.text('value') ?? '',
    })),
    language: readLanguage(source?.text('language')),
    defaultAudience,
    defaultSensitive: source?.flag('sensitive'),
    defaultReach: readReach(source?.inner('canari')?.text('reach')),
    showsFollows: hidesFollows === undefined ? undefined : !hidesFollows,
  };
}

async function update(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  refusePictures(params);
  const person = getValue(await updateProfile(context.place, getPerson(context), readChanges(params)));
  return answerPerson(context, person);
}

/** What an app presets when it writes and reads; only the first three can be changed here. */
function preferences(context: RouteContext): Response {
  const person = getPerson(context);
  return json({
    'posting:default:visibility': visibilities[person.defaultAudience],
    'posting:default:sensitive': person.defaultSensitive,
    'posting:default:language': person.language,
    'posting:default:quote_policy': 'nobody',
    'reading:expand:media': 'default',
    'reading:expand:spoilers': false,
    'reading:autoplay:gifs': false,
  });
}

export const profileRoutes: readonly Route[] = [
  appRoute(
    'GET',
    '/api/v1/accounts/verify_credentials',
    { scopes: ['read:accounts', 'profile'], shows: 'own things' },
    (context) => answerPerson(context, getPerson(context)),
  ),
  appRoute('PATCH', '/api/v1/accounts/update_credentials', { scopes: ['write:accounts'], shows: 'own things' }, update),
  appRoute('GET', '/api/v1/preferences', { scopes: ['read:accounts'], shows: 'own things' }, preferences),
];
