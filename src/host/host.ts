import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { CanariError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { checkHostname } from '../base/net/hostname.ts';
import { type LabHost, webSchemeOf } from '../base/net/lab.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { PlaceIdentity } from '../model/place.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { issuePersonToken } from '../people/apps.ts';
import { readScopes } from '../people/scopes.ts';
import { addPerson } from '../people/set-up.ts';
import { changePassphrase } from '../people/sign-in.ts';
import { giveDomain, openPlace, type PlaceParts, placeFile } from '../place/open.ts';

/** What a host is given by the composition root. */
export interface HostParts extends PlaceParts {
  /** The data folder: one folder per place below `places/`. */
  readonly folder: string;
  readonly labHosts: readonly LabHost[];
  /** Scheme and host under which people come, when that is not https and the domain. */
  readonly origin: string | undefined;
  /** Where a place without a domain is found: `http://localhost:8000`. */
  readonly localOrigin: string;
  /** Whether a domain already speaks ActivityPub elsewhere, asked before it is given keys. */
  isTaken(origin: string): Promise<boolean>;
  /** A place was opened: its queue is taken up. */
  opened(place: OpenPlace): Promise<void>;
  /** A place is about to be closed. */
  closing(place: OpenPlace): Promise<void>;
}

/** A place that holds one person unless its operator says otherwise. */
const peopleByDefault = 1;

/** What `canari setup` asks for. */
export interface SetupRequest {
  readonly domain: string;
  readonly handle: string;
  readonly displayName?: string | undefined;
  readonly passphrase: string;
  readonly language: 'en' | 'fr';
  /** Make new keys although the domain already speaks elsewhere: everyone who knew it will refuse it or forget it. */
  readonly newIdentity: boolean;
}

/** The places of this process, each in a folder of its own. */
export class Host {
  readonly #parts: HostParts;
  readonly #places = new Map<string, OpenPlace>();
  readonly #byName = new Map<string, OpenPlace>();

  private constructor(parts: HostParts) {
    this.#parts = parts;
  }

  /** Opens every place of the data folder. @throws CanariError when one cannot be opened: better not to start than to start without it. */
  static async open(parts: HostParts): Promise<Host> {
    const host = new Host(parts);
    mkdirSync(join(parts.folder, 'places'), { recursive: true, mode: 0o700 });
    for (const domain of readdirSync(join(parts.folder, 'places')).sort()) {
      const folder = host.#folderOf(domain);
      if (!existsSync(placeFile(folder))) continue;
      await host.#open(domain, domain === 'localhost' ? host.#localIdentity() : undefined);
    }
    return host;
  }

  /** The place behind a host name (lower case, without port); undefined when this process has none of that name. */
  findPlace(hostname: string): OpenPlace | undefined {
    return this.#byName.get(hostname);
  }

  places(): OpenPlace[] {
    return [...this.#places.values()];
  }

  /** The place on localhost that a first start makes, when there is none at all. */
  async openFirst(): Promise<OpenPlace> {
    const first = this.#places.values().next().value;
    return first ?? (await this.#open('localhost', this.#localIdentity()));
  }

  /**
   * Makes a place on a domain with its person, or gives the place on localhost its domain.
   * Fails with `CANARI_DOMAIN_INVALID`, `CANARI_DOMAIN_SPEAKS`, `CANARI_PLACE_EXISTS`, `CANARI_HOST_FULL`, and what `addPerson` says.
   */
  async setUp(request: SetupRequest): Promise<Result<{ place: OpenPlace; codes: readonly string[] }, CanariError>> {
    const checked = checkHostname(request.domain.trim(), this.#parts.labHosts);
    if (!checked.ok) {
      return failed(
        new CanariError('CANARI_DOMAIN_INVALID', `"${request.domain}" is no domain name.`, {
          hint: 'Such as example.org or bird.example.org, without https:// and path.',
          values: { domain: request.domain },
        }),
      );
    }
    const domain = checked.value;
    const known = this.#places.get(domain);
    if (known && (await known.store.people.count()) > 0) return failed(placeExists(domain));
    if (!known && this.#places.size >= limits.placesPerHost) return failed(hostFull());
    const identity = this.#identityOf(domain);
    if (!known && !request.newIdentity && (await this.#parts.isTaken(identity.origin)))
      return failed(domainSpeaks(domain));
    const local = this.#places.get('localhost');
    if (!known && local) return this.#nameLocal(local, identity, request);
    const place = known ?? (await this.#open(domain, identity));
    const added = await addPerson(place, request, peopleByDefault);
    return added.ok ? ok({ place, codes: added.value.codes }) : added;
  }

  /** The place on localhost becomes the place on the domain; its person stays, with a new passphrase. */
  async #nameLocal(local: OpenPlace, identity: PlaceIdentity, request: SetupRequest) {
    const [person] = await local.store.people.all();
    if (person && person.account.handle !== request.handle.toLowerCase()) {
      return failed(
        new CanariError('CANARI_PLACE_EXISTS', `Here lives @${person.account.handle}, not @${request.handle}.`, {
          hint: `canari setup --domain ${identity.domain} --person ${person.account.handle}`,
          values: { handle: person.account.handle },
        }),
      );
    }
    if (person) {
      const changed = await changePassphrase(local, person.account.id, request.passphrase);
      if (!changed.ok) return changed;
    }
    await this.#close(local);
    await giveDomain(this.#folderOf('localhost'), identity);
    renameSync(this.#folderOf('localhost'), this.#folderOf(identity.domain));
    const place = await this.#open(identity.domain);
    if (person) return ok({ place, codes: [] });
    const added = await addPerson(place, request, peopleByDefault);
    return added.ok ? ok({ place, codes: added.value.codes }) : added;
  }

  /** A token for an app, made by the operator. @param handle `name` where there is one place, `name@domain` otherwise. */
  async issueToken(handle: string, scopes: string): Promise<Result<string, CanariError>> {
    const found = await this.#findPerson(handle);
    if (!found.ok) return found;
    const read = readScopes(scopes);
    if (read.ok)
      return ok((await issuePersonToken(found.value.place, found.value.person.account.id, read.value)).token);
    return failed(
      new CanariError('CANARI_SCOPE_UNKNOWN', `"${read.error}" is no scope.`, {
        hint: "Such as 'read write follow push'.",
      }),
    );
  }

  async changePassphrase(handle: string, passphrase: string): Promise<Result<void, CanariError>> {
    const found = await this.#findPerson(handle);
    return found.ok ? changePassphrase(found.value.place, found.value.person.account.id, passphrase) : found;
  }

  async close(): Promise<void> {
    for (const place of this.places()) await this.#close(place);
  }

  async #findPerson(handle: string) {
    const [name = '', domain] = handle.replace(/^@/, '').split('@');
    const places = domain ? this.places().filter(({ identity }) => identity.domain === domain) : this.places();
    const found = [];
    for (const place of places) {
      const person = await place.store.people.findByHandle(name);
      if (person) found.push({ place, person });
    }
    if (found.length === 1) return ok(found[0]!);
    if (found.length > 1) {
      return failed(
        new CanariError('CANARI_PERSON_UNCLEAR', `More than one place has a person called ${name}.`, {
          hint: 'Write name@domain.',
        }),
      );
    }
    return failed(
      new CanariError('CANARI_PERSON_NOT_FOUND', `Nobody here is called ${handle}.`, {
        status: 404,
        values: { handle },
      }),
    );
  }

  async #open(domain: string, made?: PlaceIdentity): Promise<OpenPlace> {
    const place = await openPlace(this.#folderOf(domain), this.#parts, made);
    this.#places.set(place.identity.domain, place);
    this.#byName.set(new URL(place.identity.origin).hostname, place);
    await this.#parts.opened(place);
    return place;
  }

  async #close(place: OpenPlace): Promise<void> {
    this.#places.delete(place.identity.domain);
    this.#byName.delete(new URL(place.identity.origin).hostname);
    await this.#parts.closing(place);
    await place.store.close();
  }

  #folderOf(domain: string): string {
    return join(this.#parts.folder, 'places', domain);
  }

  #localIdentity(): PlaceIdentity {
    return { domain: 'localhost', origin: this.#parts.localOrigin, federates: false };
  }

  /** The `origin` setting holds for the place whose host it names; every other place is https and its domain. */
  #identityOf(domain: string): PlaceIdentity {
    const { origin, labHosts } = this.#parts;
    const named = origin !== undefined && new URL(origin).hostname === domain ? origin : undefined;
    return { domain, origin: named ?? `${webSchemeOf(labHosts, domain)}://${domain}`, federates: true };
  }
}

const placeExists = (domain: string) =>
  new CanariError('CANARI_PLACE_EXISTS', `${domain} is set up already.`, {
    hint: 'canari passphrase NAME sets a new passphrase.',
    values: { domain },
  });
const hostFull = () =>
  new CanariError('CANARI_HOST_FULL', `A host has at most ${limits.placesPerHost} places.`, {
    hint: 'Run another host under another name.',
    values: { most: limits.placesPerHost },
  });
const domainSpeaks = (domain: string) =>
  new CanariError('CANARI_DOMAIN_SPEAKS', `${domain} already speaks to the Fediverse from elsewhere.`, {
    hint: 'With new keys, servers that know it would refuse it. Restore its backup here; or, if you are sure, add --new-identity.',
    values: { domain },
  });
