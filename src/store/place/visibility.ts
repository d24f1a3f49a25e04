import { type RawBuilder, sql } from 'kysely';
import type { AccountId } from '../../model/ids.ts';

/**
 * Who may see the post of the row named `posts` in the query: the one rule for pages, apps, feeds and signed fetches alike, so that a private
 * post has no public door (promise 7). A block either way hides everything.
 */
export function visibleTo(viewerId: AccountId | null): RawBuilder<boolean> {
  if (viewerId === null) return sql<boolean>`posts.audience in ('public', 'quiet')`;
  return sql<boolean>`(posts.author_id = ${viewerId} or (
    (posts.audience in ('public', 'quiet')
      or exists (select 1 from mentions m where m.post_id = posts.id and m.account_id = ${viewerId})
      or (posts.audience = 'followers' and exists (select 1 from follows f
        where f.follower_id = ${viewerId} and f.followee_id = posts.author_id and f.state = 'accepted')))
    and ${unblocked(viewerId, sql`posts.author_id`)}))`;
}

/** True when neither has blocked the other. */
export const unblocked = (viewerId: AccountId, authorId: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql<boolean>`not exists (select 1 from blocks b where (b.account_id = ${viewerId} and b.target_id = ${authorId})
    or (b.account_id = ${authorId} and b.target_id = ${viewerId}))`;

/** True when the viewer has not muted the account; mutes that ran out do not count. */
export const unmuted = (viewerId: AccountId, authorId: RawBuilder<unknown>, nowMs: number): RawBuilder<boolean> =>
  sql<boolean>`not exists (select 1 from mutes u where u.account_id = ${viewerId} and u.target_id = ${authorId}
    and (u.expires_at is null or u.expires_at > ${nowMs}))`;
