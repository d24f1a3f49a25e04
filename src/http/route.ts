import { CanariError } from '../base/errors.ts';
import type { Person } from '../model/account.ts';
import type { AccountId, AppId } from '../model/ids.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import type { Scope } from '../people/scopes.ts';
import type { Language, Words } from './pages/words/words.ts';

/**
 * One row of the table of every route (`routes.ts`). The server reads from it who may call, how much body it takes and how failures are
 * answered; `test/routes.test.ts` walks it, so that a new route cannot be a new door to a private post (THREATS 54, 57, 58).
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /**
   * Segments; `:name` takes one whole segment, `@:name` one that begins with @ (params hold it without the @).
   * HEAD is answered by GET, OPTIONS and 405 by the server. Written without trailing slash.
   */
  readonly path: string;
  /**
   * `anyone`: also strangers; when a valid cookie (pages) or token (API) comes along, `person` is set all the same.
   * `signed-in`: a person with the cookie of a session; others are led to the sign-in page.
   * `app`: a bearer token that has at least one of `scopes`; others get 401 or 403.
   */
  readonly who: 'anyone' | 'signed-in' | 'app';
  /** For `app`: one of these is enough; a wider scope contains a narrower one (`read` holds `read:statuses`). None: any token. */
  readonly scopes?: readonly Scope[];
  /** For `app`: true when a token without a person (client_credentials) is enough. */
  readonly withoutPerson?: boolean;
  /** What can come out, for the reader of the table and for its test. */
  readonly shows: Shows;
  /** How failures are answered, and which defences hold: a `page` is HTML with cookies, so every POST there is checked against forgery. */
  readonly answers: 'page' | 'json' | 'activity';
  /**
   * Only for requests whose Accept prefers ActivityStreams (`activity`), or for all others (`html`); absent: for all.
   * Two rows may share method and path, one with `activity` and one without; such answers get `Vary: Accept`.
   */
  readonly accept?: 'activity';
  /** Cross-origin reading from browsers is allowed (never with cookies): the client API, WebFinger, NodeInfo. */
  readonly cors?: boolean;
  /** Which bound of base/limits.ts holds for the body; `form` when absent. */
  readonly body?: 'form' | 'inbox';
  readonly handler: Handler;
}

export type Shows =
  /** Forms, files, facts about the place: nothing that anybody wrote. */
  | 'nothing written'
  /** Only what is public or quiet, whoever asks. */
  | 'public documents'
  /** Posts and accounts as this viewer may see them; the audience decides. */
  | 'what the viewer may see'
  /** What belongs to the person who asks. */
  | 'own things'
  /** Takes something in and shows nothing. */
  | 'nothing';

/** A failure may be thrown as a `CanariError`: the server answers it in the way of the route. */
export type Handler = (context: RouteContext) => Promise<Response> | Response;

/** The app behind a bearer token. */
export interface AppCaller {
  /** Null for a token made by the operator (`canari token`). */
  readonly appId: AppId | null;
  readonly tokenHash: string;
  /** Null for client_credentials. */
  readonly personId: AccountId | null;
  readonly scopes: readonly Scope[];
}

/** A signed-in browser. */
export interface BrowserSession {
  readonly token: string;
  /** Hidden field `form` of every form: bound to this session, worth nothing outside it. */
  readonly formToken: string;
}

/** What every handler is given. */
export interface RouteContext {
  readonly place: OpenPlace;
  /** Its body is read through `readBody` and `readForm`, which hold the bound. */
  readonly request: Request;
  /** All headers in order as they came, duplicates too: a signature must be judged on these. Names in the sender's case. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  /** Percent-decoded; a segment that cannot be decoded never gets here (404). */
  readonly params: Readonly<Record<string, string>>;
  /** As the place is known to others: its origin, the path and query of the request. */
  readonly url: URL;
  /** The client's address after trusted proxies; an IPv6 address as it is. For limits, not for logs. */
  readonly address: string;
  readonly person?: Person;
  readonly session?: BrowserSession;
  readonly app?: AppCaller;
  readonly language: Language;
  /** The catalogue in `language`. */
  readonly words: Words;
  /** The whole body. Throws CANARI_BODY_TOO_BIG (413) or CANARI_BODY_ENCODED (415); may be called again. */
  readBody(): Promise<Uint8Array>;
  /** Fields of a urlencoded or multipart body (files are left out); anything else throws 415. */
  readForm(): Promise<URLSearchParams>;
  /** Adds a Set-Cookie to whatever is answered. */
  setCookie(header: string): void;
}

/** The person, where the route's `who` promises one. */
export function getPerson(context: RouteContext): Person {
  if (context.person) return context.person;
  throw new CanariError('CANARI_SIGN_IN_NEEDED', 'This needs a signed-in person.', { status: 401 });
}
