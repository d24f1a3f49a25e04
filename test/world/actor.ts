import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Answer, type Names, request } from './names.ts';
import type { Json } from './peer.ts';
import { type SignOptions, signRequest } from './signing.ts';

/** Somebody on a fake peer: has a key, writes activities and sends them. */

export interface Keys {
  readonly privateKey: KeyObject;
  readonly publicKeyPem: string;
}

/** A new RSA key of 2,048 bits (about 0.1 s). */
export function makeKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }) as string };
}

const publicCollection = 'https://www.w3.org/ns/activitystreams#Public';
const context = ['https://www.w3.org/ns/activitystreams', 'https://w3id.org/security/v1'];

/** What a test says about a new post; everything else is as Mastodon writes it. */
export interface NoteOptions {
  readonly content?: string;
  readonly inReplyTo?: string;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  /** Mentioned actors: id and handle. They are added to `cc`. */
  readonly mentions?: readonly { readonly id: string; readonly handle: string }[];
  /** Keys to add or replace. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface Actor {
  readonly id: string;
  /** `@bob@peer.example` */
  readonly handle: string;
  readonly inbox: string;
  readonly followers: string;
  readonly keys: Keys;
  /** The document that is served; a test may change it. */
  readonly document: Json;
  /** The activity with `@context`, a fresh `id`, and this actor; keys of `body` win. */
  activity(type: string, body: Readonly<Record<string, unknown>>): Json;
  /** A public post by default, served at its id. */
  note(options?: NoteOptions): Json;
  /** The Create of a post, with its addressees. */
  create(note: Json): Json;
  /** Signs and POSTs to an inbox. */
  send(inbox: string, activity: Json, sign?: Partial<SignOptions>): Promise<Answer>;
  /** A signed GET, as servers ask. */
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  /** Sends the Accept of a Follow to whoever follows. */
  accept(follow: Json): Promise<Answer>;
  /** What stands at a path of the peer, when it is this actor's. */
  findDocument(path: string): Json;
}

let nextId = 1;

/** Makes an actor; `createPeer` does it for tests. */
export function createActor(names: Names, { origin, user, keys }: { origin: string; user: string; keys: Keys }): Actor {
  const id = `${origin}/users/${user}`;
  const followers = `${id}/followers`;
  const host = new URL(origin).host;
  const notes = new Map<string, Json>();
  const document = renderActor(origin, user, keys);
  const actor: Actor = {
    id,
    handle: `@${user}@${host}`,
    inbox: document.inbox,
    followers,
    keys,
    document,
    activity: (type, body) => ({
      '@context': context[0],
      id: `${id}/activities/${nextId++}`,
      type,
      actor: id,
      ...body,
    }),
    note(options = {}) {
      const note = renderNote({ id: `${id}/posts/${nextId++}`, author: id, followers }, options);
      notes.set(new URL(note.id).pathname, note);
      return note;
    },
    create: (note) => {
      const { to, cc, published } = note;
      return actor.activity('Create', { id: `${note.id}/activity`, to, cc, published, object: note });
    },
    send(inbox, activity, sign = {}) {
      const body = typeof activity === 'string' ? activity : JSON.stringify(activity);
      const headers = signRequest('POST', inbox, body, { key: keys.privateKey, keyId: `${id}#main-key`, ...sign });
      return request(names, inbox, {
        method: 'POST',
        headers: { 'content-type': 'application/activity+json', ...headers },
        body,
      });
    },
    get(url, headers = {}) {
      const signed = signRequest('GET', url, undefined, { key: keys.privateKey, keyId: `${id}#main-key` });
      return request(names, url, { headers: { accept: 'application/activity+json', ...signed, ...headers } });
    },
    async accept(follow) {
      const inbox = (await actor.get(follow.actor)).json().inbox;
      return actor.send(inbox, actor.activity('Accept', { object: follow }));
    },
    findDocument: (path) => findOwn(actor, notes, path),
  };
  return actor;
}

function findOwn(actor: Actor, notes: Map<string, Json>, path: string): Json {
  const base = new URL(actor.id).pathname;
  if (path === base) return actor.document;
  if (notes.has(path)) return notes.get(path);
  if (path === `/.well-known/webfinger?resource=${encodeURIComponent(`acct:${actor.handle.slice(1)}`)}`)
    return webFinger(actor);
  if (path === `/.well-known/webfinger?resource=acct:${actor.handle.slice(1)}`) return webFinger(actor);
  if (path === `${base}/outbox` || path === `${base}/followers` || path === `${base}/following`) {
    return {
      '@context': context[0],
      id: `${new URL(actor.id).origin}${path}`,
      type: 'OrderedCollection',
      totalItems: 0,
      orderedItems: [],
    };
  }
  return undefined;
}

function webFinger({ handle, id }: Actor): Json {
  return {
    subject: `acct:${handle.slice(1)}`,
    aliases: [id],
    links: [{ rel: 'self', type: 'application/activity+json', href: id }],
  };
}

function renderActor(origin: string, user: string, keys: Keys): Json {
  const id = `${origin}/users/${user}`;
  return {
    '@context': context,
    id,
    type: 'Person',
    preferredUsername: user,
    name: `${user} of ${new URL(origin).host}`,
    summary: '',
    url: `${origin}/@${user}`,
    inbox: `${id}/inbox`,
    outbox: `${id}/outbox`,
    followers: `${id}/followers`,
    following: `${id}/following`,
    endpoints: { sharedInbox: `${origin}/inbox` },
    manuallyApprovesFollowers: false,
    publicKey: { id: `${id}#main-key`, owner: id, publicKeyPem: keys.publicKeyPem },
  };
}

function renderNote(
  { id, author, followers }: { id: string; author: string; followers: string },
  options: NoteOptions,
): Json {
  const mentions = options.mentions ?? [];
  return {
    '@context': context[0],
    id,
    type: 'Note',
    attributedTo: author,
    content: options.content ?? '<p>Hello</p>',
    published: new Date().toISOString().replace(/\.\d+/, ''),
    url: id,
    to: options.to ?? [publicCollection],
    cc: [...(options.cc ?? [followers]), ...mentions.map((mention) => mention.id)],
    ...(options.inReplyTo === undefined ? {} : { inReplyTo: options.inReplyTo }),
    tag: mentions.map((mention) => ({ type: 'Mention', href: mention.id, name: mention.handle })),
    ...options.more,
  };
}
