import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Account } from '../../model/account.ts';
import type { NotificationKind, PostView } from '../../model/post.ts';
import type { NotificationView } from '../../store/place/notifications.ts';
import { groupNotifications } from './notifications.ts';

let id = 100;
const row = (kind: NotificationKind, name: string, postId?: string): NotificationView => ({
  id: `${--id}` as NotificationView['id'],
  kind,
  account: { id: name, displayName: name } as unknown as Account,
  post: postId === undefined ? null : ({ post: { id: postId } } as unknown as PostView),
  createdAtMs: id,
});

describe('notifications', () => {
  it('of one kind about one post are one line, at the place of the newest', () => {
    const groups = groupNotifications([
      row('like', 'a', '1'),
      row('mention', 'b', '2'),
      row('like', 'c', '1'),
      row('boost', 'a', '1'),
      row('follow', 'a'),
      row('like', 'd', '9'),
      row('mention', 'b', '2'),
      row('follow', 'e'),
    ]);
    const told = groups.map(
      ({ kind, accounts, post }) => `${kind} ${post?.post.id ?? '-'} ${accounts.map((one) => one.id).join('')}`,
    );
    assert.deepEqual(told, ['like 1 ac', 'mention 2 b', 'boost 1 a', 'follow - ae', 'like 9 d', 'mention 2 b']);
    assert.ok(groups[0]!.newestId > groups[1]!.newestId);
  });
});
