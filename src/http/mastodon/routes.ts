import type { Route } from '../route.ts';
import { accountRoutes } from './accounts.ts';
import { appsRoutes } from './apps.ts';
import { authorizeRoutes } from './authorize.ts';
import { pictureRoutes } from './default-pictures.ts';
import { emptyRoutes } from './empty.ts';
import { instanceRoutes } from './instance.ts';
import { notificationRoutes } from './notifications.ts';
import { oauthRoutes } from './oauth.ts';
import { priceRoutes } from './price.ts';
import { profileRoutes } from './profile.ts';
import { relationRoutes } from './relations.ts';
import { searchRoutes } from './search.ts';
import { statusWritingRoutes } from './status-writing.ts';
import { statusRoutes } from './statuses.ts';
import { timelineRoutes } from './timelines.ts';

/** The Mastodon client API and the OAuth 2 that leads into it. */
export const mastodonRoutes: readonly Route[] = [
  ...appsRoutes,
  ...oauthRoutes,
  ...authorizeRoutes,
  ...instanceRoutes,
  ...profileRoutes,
  ...accountRoutes,
  ...relationRoutes,
  ...statusRoutes,
  ...statusWritingRoutes,
  ...priceRoutes,
  ...timelineRoutes,
  ...notificationRoutes,
  ...searchRoutes,
  ...emptyRoutes,
  ...pictureRoutes,
];
