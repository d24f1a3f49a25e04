import { isId } from '../../base/ids.ts';
import type { AccountId } from '../../model/ids.ts';
import { asId } from '../../model/ids.ts';
import { block, mute, unblock, unmute } from '../../people/block.ts';
import { acceptFollow, accountNotFound, follow, rejectFollow, removeFollower, unfollow } from '../../people/follow.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { localPath } from '../security.ts';
import { readBefore, unknownAction } from './home.ts';
import { html } from './html.ts';
import { renderEmpty, renderPage, type Said, seeOther } from './layout.ts';
import { type AccountVerb, renderAccountForm } from './parts/account-actions.ts';
import { pageSize, renderAccounts, renderPaging } from './parts/list.ts';

type Verb = (...args: Parameters<typeof block>) => Promise<{ ok: true } | { ok: false; error: Error }>;

const verbs: Record<Exclude<AccountVerb, 'follow'>, readonly [Verb, Said]> = {
  unfollow: [unfollow, 'unfollowed'],
  block: [block, 'blocked'],
  unblock: [unblock, 'unblocked'],
  mute: [mute, 'muted'],
  unmute: [unmute, 'unmuted'],
  accept: [acceptFollow, 'accepted'],
  reject: [rejectFollow, 'rejected'],
  remove: [removeFollower, 'removed'],
};

/** The buttons of an account. */
async function act(context: RouteContext): Promise<Response> {
  const { place, params } = context;
  const person = getPerson(context);
  if (!isId(params.id!)) throw accountNotFound();
  const id = asId<AccountId>(params.id!);
  const fields = await context.readForm();
  const back = localPath(fields.get('back'), '/home');
  const wanted = fields.get('do') ?? '';
  if (wanted === 'follow') {
    const done = await follow(place, person, id);
    if (!done.ok) throw done.error;
    return seeOther(context, back, done.value.state === 'accepted' ? 'followed' : 'requested');
  }
  if (!Object.hasOwn(verbs, wanted)) throw unknownAction();
  const [verb, said] = verbs[wanted as keyof typeof verbs];
  const done = await verb(place, person, id);
  if (!done.ok) throw done.error;
  return seeOther(context, back, said);
}

/** Who waits for a yes. */
async function showRequests(context: RouteContext): Promise<Response> {
  const { words, place } = context;
  const { account } = getPerson(context);
  const page = await place.store.follows.requests(account.id, { limit: pageSize, maxId: readBefore(context) });
  const list = renderAccounts(
    context,
    page.map((entry) => entry.account),
    (one) =>
      renderAccountForm(
        context,
        one,
        [
          { verb: 'accept', text: words.requests.accept },
          { verb: 'reject', text: words.requests.reject },
        ],
        '/requests',
      ),
  );
  return renderPage(context, {
    title: words.requests.title,
    current: 'notifications',
    mainClass: 'read',
    main: html`<div class="stack tight"><h1>${words.requests.title}</h1><p>${words.requests.text}</p></div>
${page.length === 0 ? renderEmpty(words.requests.emptyTitle, words.requests.emptyText) : list}
${renderPaging(context, { older: page.length === pageSize ? page.at(-1)!.cursor : undefined })}`,
  });
}

const own = { who: 'signed-in', shows: 'own things', answers: 'page' } as const;

export const accountRoutes: readonly Route[] = [
  { ...own, method: 'POST', path: '/accounts/:id', handler: act },
  { ...own, method: 'GET', path: '/requests', handler: showRequests },
];
