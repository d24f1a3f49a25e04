/** Ids are branded: a string is not an id. Each is a decimal string of 19 digits (base/ids.ts). */
type Brand<Kind extends string> = string & { readonly __id: Kind };

export type AccountId = Brand<'account'>;
export type PostId = Brand<'post'>;
export type ActivityId = Brand<'activity'>;
export type DeliveryId = Brand<'delivery'>;
export type NotificationId = Brand<'notification'>;
export type FollowId = Brand<'follow'>;
export type AppId = Brand<'app'>;
export type IncomingId = Brand<'incoming'>;

/** Gives the brand. Only for fresh ids and for rows that come out of the store. */
export const asId = <T extends string>(id: string): T => id as T;
