import type { PostId } from '../../model/ids.ts';
import { type Price, pricePost } from '../../outgoing/price.ts';
import { getPerson, type Route, type RouteContext } from '../route.ts';
import { appRoute, getFound, json, readId } from './answers.ts';
import { readParams } from './params.ts';
import { readAudience } from './status-writing.ts';

const renderPrice = ({ serversNow, serversLater, followers, seconds, bytes }: Price) => ({
  servers_now: serversNow,
  servers_later: serversLater,
  followers,
  seconds,
  bytes,
});

/**
 * GET /api/canari/v1/price with the fields of a status that is not written yet (`status`, `visibility`, `in_reply_to_id`): what sending it would
 * cost with each `reach`, and the one taken when none is named. Where nothing can be chosen `reach` is null and `all` stands alone.
 */
async function show(context: RouteContext): Promise<Response> {
  const { place } = context;
  const person = getPerson(context);
  const params = await readParams(context);
  const inReplyTo = params.text('in_reply_to_id');
  const seen = inReplyTo
    ? getFound(await place.store.views.find(readId<PostId>(inReplyTo), person.account.id))
    : undefined;
  const prices = await pricePost(place, person, {
    text: params.text('status') ?? '',
    audience: readAudience(params) ?? person.defaultAudience,
    answered: (seen?.boostOf ?? seen)?.post,
  });
  if (prices.usual === null) return json({ reach: null, prices: { all: renderPrice(prices.all) } });
  const { thread, gentle, all } = prices.reaches;
  return json({
    reach: prices.usual,
    prices: { thread: renderPrice(thread), gentle: renderPrice(gentle), all: renderPrice(all) },
  });
}

export const priceRoutes: readonly Route[] = [
  appRoute('GET', '/api/canari/v1/price', { scopes: ['write:statuses'], shows: 'own things' }, show),
];
