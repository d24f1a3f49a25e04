import type { Route } from '../route.ts';
import { aboutRoutes } from './about.ts';
import { accountRoutes } from './accounts.ts';
import { assetRoutes } from './assets.ts';
import { deliveryRoutes } from './deliveries.ts';
import { feedRoutes } from './feed.ts';
import { homeRoutes } from './home.ts';
import { landingRoutes } from './landings.ts';
import { notificationRoutes } from './notifications.ts';
import { postRoutes } from './posts.ts';
import { profileRoutes } from './profile.ts';
import { searchRoutes } from './search.ts';
import { settingsRoutes } from './settings.ts';
import { signInRoutes } from './sign-in.ts';
import { startRoutes } from './start.ts';
import { threadRoutes } from './thread.ts';

/** Every page. */
export const pageRoutes: readonly Route[] = [
  ...startRoutes,
  ...signInRoutes,
  ...homeRoutes,
  ...postRoutes,
  ...threadRoutes,
  ...landingRoutes,
  ...deliveryRoutes,
  ...notificationRoutes,
  ...profileRoutes,
  ...accountRoutes,
  ...searchRoutes,
  ...settingsRoutes,
  ...aboutRoutes,
  ...feedRoutes,
  ...assetRoutes,
];
