import type { IssuedToken } from '../../../people/apps.ts';
import type { App } from '../../../store/place/apps.ts';

/** Application, as the app itself may read it. `redirect_uri` is the older name that apps still look for. */
export const renderApplication = (app: App) => ({
  id: app.id,
  name: app.name,
  website: app.website,
  scopes: app.scopes.split(' '),
  redirect_uris: app.redirectUris,
  redirect_uri: app.redirectUris.join('\n'),
  // Push is not offered; an empty key tells apps so without breaking those that read the field.
  vapid_key: '',
});

/** CredentialApplication: answered once, when the app registers. */
export const renderCredentialApplication = (app: App, clientSecret: string) => ({
  ...renderApplication(app),
  client_id: app.clientId,
  client_secret: clientSecret,
  client_secret_expires_at: 0,
});

/** Token; `created_at` is in seconds. */
export const renderToken = (issued: IssuedToken) => ({
  access_token: issued.token,
  token_type: 'Bearer',
  scope: issued.scopes.join(' '),
  created_at: Math.floor(issued.createdAtMs / 1000),
});
