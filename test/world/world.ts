import assert from 'node:assert/strict';
import { createCanary } from './canary.ts';
import { type Crowd, createCrowd } from './crowd.ts';
import { type Answer, createNames, labNetwork, type Names, type RequestOptions, request } from './names.ts';
import { createPeer, type Peer, type PeerOptions } from './peer.ts';
import { createPlace, type Place, type PlaceOptions } from './place.ts';

/**
 * A fake Fediverse for tests. First say who is in it (`peer`, `crowd`, `place`), then start the places: they read the names once.
 *
 *     const world = await createWorld();
 *     const peer = await world.peer('peer.example');
 *     const place = await world.place('alice.example', { person: 'alice' });
 *     await place.begin();
 *     await peer.actor('bob').send(place.sharedInbox, …);
 *     await world.end();
 */
export interface World {
  readonly names: Names;
  /** A name that leads to 127.0.0.1, where the canary sits: http://canary.example/ must never be asked. */
  readonly forbiddenOrigin: string;
  peer(name: string, options?: PeerOptions): Promise<Peer>;
  /** Many small servers behind one port, each with one follower: `s1.crowd.example`, `s2.…`. */
  crowd(count: number, domain?: string): Promise<Crowd>;
  place(name: string, options: PlaceOptions): Promise<Place>;
  /** Asks a name of this world. */
  request(url: string, options?: RequestOptions): Promise<Answer>;
  /** Stops everything; fails when the canary was touched. */
  end(): Promise<void>;
}

/** Begins a world. */
export async function createWorld(): Promise<World> {
  const names = createNames();
  const canary = await createCanary();
  names.add('canary.example', '127.0.0.1', canary.port);
  const closers: (() => Promise<unknown>)[] = [];
  return {
    names,
    forbiddenOrigin: 'http://canary.example',
    async peer(name, options) {
      const peer = await createPeer(names, name, options);
      closers.push(peer.die);
      return peer;
    },
    async crowd(count, domain = 'crowd.example') {
      const crowd = await createCrowd(names, count, domain);
      closers.push(crowd.close);
      return crowd;
    },
    async place(name, options) {
      const place = await createPlace(names, name, options);
      closers.unshift(place.stop);
      return place;
    },
    request: (url, options) => request(names, url, options),
    async end() {
      for (const close of closers) await close();
      await canary.close();
      names.remove();
      assert.deepEqual(canary.touched, [], `something connected outside ${labNetwork}`);
    },
  };
}
