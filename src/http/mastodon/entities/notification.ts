import type { NotificationKind } from '../../../model/post.ts';
import type { NotificationView } from '../../../store/place/notifications.ts';
import { renderAccount } from './account.ts';
import { renderStatus } from './status.ts';
import { isoTime, type Viewer } from './viewer.ts';

/** Our kinds in Mastodon's words. */
export const notificationTypes = {
  mention: 'mention',
  boost: 'reblog',
  like: 'favourite',
  follow: 'follow',
  'follow-request': 'follow_request',
  edit: 'update',
} as const satisfies Record<NotificationKind, string>;

const kinds = new Map<string, NotificationKind>(
  (Object.keys(notificationTypes) as NotificationKind[]).map((kind) => [notificationTypes[kind], kind]),
);

/** The kind behind Mastodon's word; undefined for what does not exist here (`poll`, `admin.report` …). */
export const readNotificationType = (type: string): NotificationKind | undefined => kinds.get(type);

/** Notification. Nothing is grouped yet, and the key says so as the documentation asks. */
export const renderNotification = (notification: NotificationView, viewer: Viewer) => ({
  id: notification.id,
  type: notificationTypes[notification.kind],
  group_key: `ungrouped-${notification.id}`,
  created_at: isoTime(notification.createdAtMs),
  account: renderAccount(notification.account, viewer),
  ...(notification.post ? { status: renderStatus(notification.post, viewer) } : {}),
});
