import type { CanariError } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import type { Person } from '../../model/account.ts';
import type { PostId } from '../../model/ids.ts';
import type { Audience, Post } from '../../model/post.ts';
import { type Reach, reaches } from '../../model/reach.ts';
import { boostPost, unboostPost } from '../../outgoing/boost.ts';
import { composePost } from '../../outgoing/compose.ts';
import { deletePost } from '../../outgoing/delete.ts';
import { editPost } from '../../outgoing/edit.ts';
import { likePost, unlikePost } from '../../outgoing/like.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import type { Scope } from '../../people/scopes.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, getFound, getValue, getViewer, invalid, json, readId } from './answers.ts';
import { renderDeletedStatus, renderStatus } from './entities/status.ts';
import { readVisibility, visibilities } from './entities/visibility.ts';
import { type Params, readParams } from './params.ts';
import { getOriginal } from './statuses.ts';

/** Longer than any key that an app makes (a UUID or a hash). */
const longestKey = 255;

/** What an app can ask of a post that is not there yet: said plainly, instead of posting half of what the person meant. */
function refuseUnknownParts(params: Params) {
  if (params.texts('media_ids')?.some((id) => id !== ''))
    throw invalid('Pictures and other files cannot be posted here yet.');
  if (
    params
      .inner('poll')
      ?.texts('options')
      ?.some((option) => option !== '')
  )
    throw invalid('Polls cannot be posted here yet.');
  if (params.text('scheduled_at'))
    throw invalid('Posts cannot be scheduled here yet.', 'Post it now, or keep it as a draft.');
  if (params.text('quoted_status_id') || params.text('quote_id')) throw invalid('Posts cannot be quoted here yet.');
}

/** @throws 422 for a word that names no visibility. */
export function readAudience(params: Params): Audience | undefined {
  const word = params.text('visibility');
  if (word === undefined || word === '') return undefined;
  const audience = readVisibility(word);
  if (!audience) throw invalid(`visibility must be one of ${Object.values(visibilities).join(', ')}.`);
  return audience;
}

function readReach(params: Params): Reach | undefined {
  const word = params.text('reach');
  if (word === undefined || word === '') return undefined;
  const reach = reaches.find((one) => one === word);
  if (!reach) throw invalid(`reach must be one of ${reaches.join(', ')}.`);
  return reach;
}

function readIdempotencyKey(context: RouteContext): string | undefined {
  const key = context.request.headers.get('idempotency-key')?.trim();
  if (!key) return undefined;
  if (key.length > longestKey) throw invalid(`Idempotency-Key has at most ${longestKey} characters.`);
  return key;
}

/** How the person sees a post that they have just written or touched. */
async function answerPost(context: RouteContext, post: Post): Promise<Response> {
  const viewer = getViewer(context);
  const view = getFound(await context.place.store.views.find(post.id, viewer.viewerId));
  return json(renderStatus(view, viewer));
}

async function create(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  refuseUnknownParts(params);
  const inReplyTo = params.text('in_reply_to_id');
  const post = await composePost(context.place, getPerson(context), {
    text: params.text('status') ?? '',
    audience: readAudience(params),
    reach: readReach(params),
    contentWarning: params.text('spoiler_text'),
    sensitive: params.flag('sensitive'),
    language: params.text('language') || undefined,
    inReplyToId: inReplyTo ? readId<PostId>(inReplyTo) : undefined,
    appId: context.app?.appId ?? null,
    idempotencyKey: readIdempotencyKey(context),
  });
  return answerPost(context, getValue(post));
}

/** What an edit leaves out stays as it was. */
async function edit(context: RouteContext): Promise<Response> {
  const params = await readParams(context);
  refuseUnknownParts(params);
  const person = getPerson(context);
  const { post: before } = await getOriginal(context);
  const post = await editPost(context.place, person, before.id, {
    text: params.text('status') ?? before.sourceText ?? '',
    contentWarning: params.text('spoiler_text') ?? before.contentWarning,
    sensitive: params.flag('sensitive') ?? (params.has('spoiler_text') ? undefined : before.sensitive),
    language: params.text('language') || undefined,
  });
  return answerPost(context, getValue(post));
}

async function remove(context: RouteContext): Promise<Response> {
  const id = readId<PostId>(context.params.id);
  const view = getValue(await deletePost(context.place, getPerson(context), id));
  return json(renderDeletedStatus(view, getViewer(context)));
}

type Verb = (place: OpenPlace, person: Person, id: PostId, params: Params) => Promise<Result<Post, CanariError>>;

/** POST /api/v1/statuses/:id/<verb>, answered with the status as it is then. */
const verbRoute = (verb: string, scope: Scope, run: Verb): Route =>
  appRoute(
    'POST',
    `/api/v1/statuses/:id/${verb}`,
    { scopes: [scope], shows: 'what the viewer may see' },
    async (context) => {
      const id = readId<PostId>(context.params.id);
      const params = await readParams(context);
      return answerPost(context, getValue(await run(context.place, getPerson(context), id, params)));
    },
  );

const boost: Verb = (place, person, id, params) => boostPost(place, person, id, { audience: readAudience(params) });

const write = { scopes: ['write:statuses'], shows: 'own things' } as const;

export const statusWritingRoutes: readonly Route[] = [
  appRoute('POST', '/api/v1/statuses', write, create),
  appRoute('PUT', '/api/v1/statuses/:id', write, edit),
  appRoute('DELETE', '/api/v1/statuses/:id', write, remove),
  verbRoute('favourite', 'write:favourites', likePost),
  verbRoute('unfavourite', 'write:favourites', unlikePost),
  verbRoute('reblog', 'write:statuses', boost),
  verbRoute('unreblog', 'write:statuses', unboostPost),
];
