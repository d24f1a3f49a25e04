import type { CanariError } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import type { Person } from '../../model/account.ts';
import type { AccountId } from '../../model/ids.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { block, mute, unblock, unmute } from '../../people/block.ts';
import { acceptFollow, follow, rejectFollow, removeFollower, unfollow } from '../../people/follow.ts';
import type { Scope } from '../../people/scopes.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { answerAccounts } from './accounts.ts';
import { appRoute, getFound, getValue, json, readId } from './answers.ts';
import { renderRelationship } from './entities/relationship.ts';
import { pageBounds, readPage } from './paging.ts';
import { type Params, readParams } from './params.ts';

type Verb = (place: OpenPlace, person: Person, id: AccountId, params: Params) => Promise<Result<unknown, CanariError>>;

/** POST /api/v1/…/:id/<verb>: does it and answers how the person now stands to that account. */
const verbRoute = (path: string, scopes: readonly Scope[], verb: Verb): Route =>
  appRoute('POST', path, { scopes, shows: 'own things' }, async (context) => {
    const person = getPerson(context);
    const { place } = context;
    const id = readId<AccountId>(context.params.id);
    getValue(await verb(place, person, id, await readParams(context)));
    const [relationship] = await place.store.relationships.load(person.account.id, [id], place.clock.now());
    return json(renderRelationship(getFound(relationship)));
  });

const followVerb: Verb = (place, person, id, params) =>
  follow(place, person, id, { showsBoosts: params.flag('reblogs') });

const muteVerb: Verb = (place, person, id, params) =>
  mute(place, person, id, {
    mutesNotifications: params.flag('notifications'),
    // Seconds; 0 is for ever.
    durationMs: Math.max(0, params.number('duration') ?? 0) * 1000 || undefined,
  });

async function requests(context: RouteContext): Promise<Response> {
  const page = readPage(await readParams(context), pageBounds.accounts);
  return answerAccounts(context, await context.place.store.follows.requests(getPerson(context).account.id, page));
}

async function blocks(context: RouteContext): Promise<Response> {
  const page = readPage(await readParams(context), pageBounds.accounts);
  return answerAccounts(context, await context.place.store.blocks.page(getPerson(context).account.id, page));
}

async function mutes(context: RouteContext): Promise<Response> {
  const page = readPage(await readParams(context), pageBounds.accounts);
  const { store, clock } = context.place;
  return answerAccounts(context, await store.blocks.mutePage(getPerson(context).account.id, page, clock.now()));
}

const accountPath = (verb: string) => `/api/v1/accounts/:id/${verb}`;

export const relationRoutes: readonly Route[] = [
  verbRoute(accountPath('follow'), ['write:follows'], followVerb),
  verbRoute(accountPath('unfollow'), ['write:follows'], unfollow),
  verbRoute(accountPath('remove_from_followers'), ['write:follows'], removeFollower),
  verbRoute(accountPath('block'), ['write:blocks'], block),
  verbRoute(accountPath('unblock'), ['write:blocks'], unblock),
  verbRoute(accountPath('mute'), ['write:mutes'], muteVerb),
  verbRoute(accountPath('unmute'), ['write:mutes'], unmute),
  verbRoute('/api/v1/follow_requests/:id/authorize', ['write:follows'], acceptFollow),
  verbRoute('/api/v1/follow_requests/:id/reject', ['write:follows'], rejectFollow),
  appRoute('GET', '/api/v1/follow_requests', { scopes: ['read:follows'], shows: 'own things' }, requests),
  appRoute('GET', '/api/v1/blocks', { scopes: ['read:blocks'], shows: 'own things' }, blocks),
  appRoute('GET', '/api/v1/mutes', { scopes: ['read:mutes'], shows: 'own things' }, mutes),
];
