import type { Account, Emoji } from './account.ts';
import type { AccountId, AppId, PostId } from './ids.ts';
import type { Reach } from './reach.ts';

/** Who may see a post. `quiet` is public but kept out of public lists (Mastodon: unlisted). */
export type Audience = 'public' | 'quiet' | 'followers' | 'direct';
export const audiences = ['public', 'quiet', 'followers', 'direct'] as const;
export const isForEveryone = (audience: Audience) => audience === 'public' || audience === 'quiet';

export interface Post {
  readonly id: PostId;
  /** The ActivityPub id; of a boost, the id of its Announce. */
  readonly uri: string;
  readonly url: string | null;
  readonly authorId: AccountId;
  readonly audience: Audience;
  /** Set on a boost, a row of its own; all text is then empty. */
  readonly boostOfId: PostId | null;
  /** Sanitised already. */
  readonly contentHtml: string;
  /** What the person typed; null for posts from elsewhere. */
  readonly sourceText: string | null;
  readonly contentWarning: string;
  readonly sensitive: boolean;
  readonly language: string | null;
  /** The ActivityPub type: Note, Article, Page, Question … */
  readonly kind: string;
  readonly title: string | null;
  readonly inReplyToId: PostId | null;
  /** Set on every reply, also when the post that it answers is not known here. */
  readonly inReplyToUri: string | null;
  readonly inReplyToAccountId: AccountId | null;
  /** The first post of the thread as far as it is known here; its own id for a first post. */
  readonly rootId: PostId;
  readonly conversationUri: string | null;
  readonly repliesUrl: string | null;
  readonly attachments: readonly Attachment[];
  readonly emojis: readonly Emoji[];
  readonly publishedAtMs: number;
  readonly editedAtMs: number | null;
  readonly repliesCount: number;
  readonly boostsCount: number;
  readonly likesCount: number;
  readonly appId: AppId | null;
  /** How far a post of somebody here was pushed; null for posts from elsewhere. */
  readonly reach: Reach | null;
}

export interface Attachment {
  readonly kind: 'image' | 'video' | 'audio' | 'other';
  readonly url: string;
  readonly mediaType: string;
  readonly description: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly blurhash: string | null;
  readonly focus: readonly [number, number] | null;
}

/** Everything that a page or an app shows of one post, for one viewer. */
export interface PostView {
  readonly post: Post;
  readonly author: Account;
  readonly mentions: readonly Account[];
  readonly tags: readonly string[];
  /** The boosted post, when this is a boost. */
  readonly boostOf: PostView | null;
  readonly likedByViewer: boolean;
  readonly boostedByViewer: boolean;
  readonly appName: string | null;
  readonly appWebsite: string | null;
}

export type NotificationKind = 'mention' | 'boost' | 'like' | 'follow' | 'follow-request' | 'edit';
