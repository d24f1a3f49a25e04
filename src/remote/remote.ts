import type { Result } from '../base/result.ts';
import type { Account } from '../model/account.ts';
import type { Post } from '../model/post.ts';

/** Why something elsewhere could not be had. Expected, so a value. */
export interface RemoteFailure {
  readonly reason:
    | 'not-federating'
    | 'bad-handle'
    | 'not-found'
    | 'gone'
    | 'unreachable'
    | 'too-slow'
    | 'refused'
    | 'unreadable'
    | 'budget-spent';
  /** The host that was asked. */
  readonly host: string;
  /** The exact words of the failure, for those who want to know. */
  readonly words: string;
}

/** How many documents may still be fetched for one cause (an incoming activity, a search): shared by all steps of it (THREATS 45). */
export class FetchBudget {
  #left: number;
  constructor(fetches: number) {
    this.#left = fetches;
  }
  /** Takes one; false when nothing is left. */
  take(): boolean {
    if (this.#left <= 0) return false;
    this.#left -= 1;
    return true;
  }
}

/** The guarded way to read others: what is known is answered from the store, what is not is fetched from its origin and kept. */
export interface Remote {
  /** An account by its ActivityPub id. Read again when older than a day, or with `refresh`. */
  findAccount(uri: string, options?: { budget?: FetchBudget; refresh?: boolean }): Promise<Result<Account, RemoteFailure>>;
  /** An account by `handle@domain` (with or without a first @); WebFinger, confirmed in both directions. */
  findAccountByHandle(handle: string, options?: { budget?: FetchBudget }): Promise<Result<Account, RemoteFailure>>;
  /** A post by its ActivityPub id, with its author and up to `limits.threadDepth` posts that it answers. */
  findPost(uri: string, options?: { budget?: FetchBudget }): Promise<Result<Post, RemoteFailure>>;
  /** Whatever is behind a URL that a person pasted: an account's or a post's page or id. */
  findByUrl(url: string): Promise<Result<{ kind: 'account'; account: Account } | { kind: 'post'; post: Post }, RemoteFailure>>;
}
