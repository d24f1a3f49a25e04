import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { CanariError } from '../base/errors.ts';
import { IdMaker } from '../base/ids.ts';
import { Live } from '../live/live.ts';
import { addresses, type PlaceIdentity } from '../model/place.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import type { Remote } from '../remote/remote.ts';
import { type OpenDatabase, openDatabase } from '../store/database.ts';
import { createPlaceStore, findLargestId } from '../store/place/place-store.ts';
import { rewriteOrigin } from '../store/place/rewrite-origin.ts';
import { settingsStore } from '../store/place/settings.ts';
import type { PlaceTables } from '../store/place/tables.ts';

const migrations = join(import.meta.dirname, '../store/place/migrations');
/** The settings that make a place itself. */
const keys = { domain: 'domain', origin: 'origin' } as const;

/** What a place is given by its host. */
export interface PlaceParts {
  readonly clock: Clock;
  /** How it reads others; asked once, at opening. */
  connectRemote(place: Omit<OpenPlace, 'remote'>): Remote;
  /** The place has planned deliveries. */
  wake(domain: string): void;
  /** A peer spoke: its origin. */
  heardFrom(origin: string): void;
  /** What its people see of its destinations and may do to them. */
  deskOf(domain: string): OpenPlace['destinations'];
}

/** The file of a place's folder. */
export const placeFile = (folder: string) => join(folder, 'place.sqlite');

/**
 * Opens the place in a folder. What it is called is written inside: a folder that was copied or renamed stays the place that it was.
 * @param made the identity of a new place; of one on localhost the origin may change with the port.
 * @throws CanariError `CANARI_NO_PLACE` when the folder holds none and none is to be made, and what `openDatabase` throws.
 */
export async function openPlace(folder: string, parts: PlaceParts, made?: PlaceIdentity): Promise<OpenPlace> {
  if (!made && !existsSync(placeFile(folder))) {
    throw new CanariError('CANARI_NO_PLACE', `There is no place in ${folder}.`, {
      status: 503,
      hint: 'canari setup makes one.',
    });
  }
  const database = await openDatabase<PlaceTables>(placeFile(folder), migrations);
  try {
    const identity = await readIdentity(database, made);
    return await assemble(database, identity, parts);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function assemble(
  database: OpenDatabase<PlaceTables>,
  identity: PlaceIdentity,
  parts: PlaceParts,
): Promise<OpenPlace> {
  const ids = new IdMaker(parts.clock, await findLargestId(database));
  const place = {
    identity,
    addresses: addresses(identity.origin),
    store: createPlaceStore(database, ids),
    clock: parts.clock,
    ids,
    live: new Live(),
    destinations: parts.deskOf(identity.domain),
    wake: () => parts.wake(identity.domain),
    heardFrom: (origin: string) => parts.heardFrom(origin),
  };
  return { ...place, remote: parts.connectRemote(place) };
}

async function readIdentity(
  database: OpenDatabase<PlaceTables>,
  made: PlaceIdentity | undefined,
): Promise<PlaceIdentity> {
  const settings = settingsStore(database.kysely);
  const domain = await settings.find(keys.domain);
  const origin = await settings.find(keys.origin);
  if (domain !== undefined && origin !== undefined) {
    if (domain !== 'localhost' || !made || made.origin === origin) return identityOf(domain, origin);
    // The port has changed; nobody elsewhere knows a place on localhost.
    await writeIdentity(database, made, origin);
    return made;
  }
  if (!made) throw new CanariError('CANARI_NO_PLACE', 'This file holds no place.', { status: 503 });
  await writeIdentity(database, made, undefined);
  return made;
}

const identityOf = (domain: string, origin: string): PlaceIdentity => ({
  domain,
  origin,
  federates: domain !== 'localhost',
});

async function writeIdentity(database: OpenDatabase<PlaceTables>, identity: PlaceIdentity, before: string | undefined) {
  if (before !== undefined && before !== identity.origin) await rewriteOrigin(database, before, identity.origin);
  const settings = settingsStore(database.kysely);
  await settings.set(keys.origin, identity.origin);
  await settings.set(keys.domain, identity.domain);
}

/**
 * Gives a place on localhost its domain, for ever: its ids are rewritten before it first speaks (DESIGN section 7).
 * The place must be closed. Fails with `CANARI_DOMAIN_GIVEN` when it has one already.
 */
export async function giveDomain(folder: string, identity: PlaceIdentity): Promise<void> {
  const database = await openDatabase<PlaceTables>(placeFile(folder), migrations);
  try {
    const settings = settingsStore(database.kysely);
    const domain = await settings.find(keys.domain);
    if (domain !== 'localhost') {
      throw new CanariError(
        'CANARI_DOMAIN_GIVEN',
        `This place is ${domain}, and stays so: others know it by that name.`,
        {
          hint: 'A new domain needs a new place.',
          values: { domain: domain ?? '' },
        },
      );
    }
    await writeIdentity(database, identity, await settings.find(keys.origin));
  } finally {
    await database.close();
  }
}
