import type { Relationship } from '../../../store/place/relationships.ts';

/** Relationship. A request counts as `requested`, not as `following`. */
export const renderRelationship = (relationship: Relationship) => ({
  id: relationship.accountId,
  following: relationship.following,
  showing_reblogs: relationship.showsBoosts,
  notifying: false,
  languages: null,
  followed_by: relationship.followedBy,
  blocking: relationship.blocking,
  blocked_by: relationship.blockedBy,
  muting: relationship.muting,
  muting_notifications: relationship.mutingNotifications,
  muting_expires_at: null,
  requested: relationship.requested,
  requested_by: relationship.requestedBy,
  domain_blocking: false,
  endorsed: false,
  note: '',
});
