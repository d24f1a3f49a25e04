import { getDomain } from 'tldts';
import type { ReadPost } from '../activitypub/parse/post.ts';
import type { SignedRequest } from '../activitypub/signature/request.ts';
import type { Result } from '../base/result.ts';
import type { Account } from '../model/account.ts';
import type { Post } from '../model/post.ts';
import type { VerifiedRequest, VerifyFailure } from './keys.ts';

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

/** Hosts of one registrable domain that one cause may lead us to: a wildcard zone has any number of them (CVE-2022-46405). */
const hostsPerDomain = 5;

/** How many documents may still be fetched for one cause (an incoming activity, a search): shared by all steps of it (THREATS 45). */
export class FetchBudget {
  #left: number;
  readonly #hosts = new Map<string, Set<string>>();

  constructor(fetches: number) {
    this.#left = fetches;
  }

  /**
   * Takes one; false when nothing is left.
   * @param url what it is for: of one registrable domain only so many hosts are asked.
   */
  take(url?: string): boolean {
    if (this.#left <= 0 || (url !== undefined && !this.#admit(url))) return false;
    this.#left -= 1;
    return true;
  }

  #admit(url: string): boolean {
    if (!URL.canParse(url)) return false;
    const { hostname } = new URL(url);
    const domain = getDomain(hostname) ?? hostname;
    const hosts = this.#hosts.get(domain) ?? new Set();
    if (!hosts.has(hostname) && hosts.size >= hostsPerDomain) return false;
    this.#hosts.set(domain, hosts.add(hostname));
    return true;
  }
}

/** A post that its origin has served just now, with its author. */
export interface FetchedPost {
  readonly parsed: ReadPost;
  readonly author: Account;
}

/** The guarded way to read others: what is known is answered from the store, what is not is fetched from its origin and kept. */
export interface Remote {
  /** An account by its ActivityPub id. Read again when older than a day, or with `refresh`. */
  findAccount(
    uri: string,
    options?: { budget?: FetchBudget; refresh?: boolean },
  ): Promise<Result<Account, RemoteFailure>>;
  /** An account by `handle@domain` (with or without a first @); WebFinger, confirmed in both directions. */
  findAccountByHandle(handle: string, options?: { budget?: FetchBudget }): Promise<Result<Account, RemoteFailure>>;
  /** A post by its ActivityPub id, with its author and up to `limits.threadDepth` posts that it answers. */
  findPost(uri: string, options?: { budget?: FetchBudget }): Promise<Result<Post, RemoteFailure>>;
  /** A post as its origin has it now, known or not; nothing is stored but its author. */
  fetchPost(uri: string, options?: { budget?: FetchBudget }): Promise<Result<FetchedPost, RemoteFailure>>;
  /** Whatever is behind a URL that a person pasted: an account's or a post's page or id. */
  findByUrl(
    url: string,
  ): Promise<Result<{ kind: 'account'; account: Account } | { kind: 'post'; post: Post }, RemoteFailure>>;
  /** Who signed this request? Fetches the key when it is not known. */
  verify(request: SignedRequest): Promise<Result<VerifiedRequest, VerifyFailure>>;
}
