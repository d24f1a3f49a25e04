import { logger } from '../base/log.ts';
import type { AccountId, NotificationId, PostId } from '../model/ids.ts';

/** What has just changed, told after the commit: rendered documents are dropped by it, pages and streams will be fed by it. */
export type LiveEvent =
  | {
      readonly kind: 'post';
      readonly postId: PostId;
      readonly authorId: AccountId;
      readonly change: 'new' | 'edited' | 'counts';
    }
  | { readonly kind: 'post-deleted'; readonly postId: PostId; readonly authorId: AccountId; readonly uri: string }
  | { readonly kind: 'account'; readonly accountId: AccountId }
  | { readonly kind: 'follows'; readonly accountId: AccountId }
  /** An activity was taken in and waits to be applied. */
  | { readonly kind: 'incoming' }
  | { readonly kind: 'home'; readonly personId: AccountId; readonly postId: PostId }
  | { readonly kind: 'notification'; readonly personId: AccountId; readonly notificationId: NotificationId };

/** Tells listeners inside this process what changed in one place. Nothing durable hangs on it: a listener that fails is logged, the others go on. */
export class Live {
  readonly #listeners = new Set<(event: LiveEvent) => void>();

  /** The returned function ends the listening. */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(events: Iterable<LiveEvent>): void {
    for (const event of events) {
      for (const listener of this.#listeners) {
        try {
          listener(event);
        } catch (error) {
          logger('live').error('A listener failed on {kind}: {error}', { kind: event.kind, error });
        }
      }
    }
  }
}
