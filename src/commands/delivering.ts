import { CanariError } from '../base/errors.ts';
import { isId } from '../base/ids.ts';
import { failed, ok, type Result } from '../base/result.ts';
import { asId, type PostId } from '../model/ids.ts';
import { postNotFound } from '../outgoing/compose.ts';
import type { OpenPlace } from '../outgoing/open-place.ts';
import { type Control, type Controlled, control, readDestination } from '../receipts/control.ts';
import { type Landed, loadLanded } from '../receipts/landed.ts';
import {
  countWaiting,
  type DestinationLine,
  loadDestination,
  loadOverview,
  type Overview,
} from '../receipts/overview.ts';
import type { WritingHost } from './host-door.ts';

/** What `deliveries`, `explain`, `pause`, `resume` and `retry` are answered, by the running server or by the folder itself. */

/** One server as a place sees it; `waiting` is counted up to 1,000. */
export type CountedLine = DestinationLine & { readonly waiting: number };

export interface PlaceDeliveries {
  readonly place: string;
  readonly counts: Overview['counts'];
  /** Those that are not well, and those for which something waits, at most 200. */
  readonly destinations: readonly CountedLine[];
}

export interface DeliveriesAnswer {
  readonly nowMs: number;
  readonly places: readonly PlaceDeliveries[];
  /** Where the post has landed, when one was asked for. */
  readonly landed?: Landed;
}

export interface ExplainAnswer {
  readonly nowMs: number;
  readonly lines: readonly (CountedLine & { readonly place: string })[];
}

export type ControlAnswer = readonly { readonly place: string; readonly host: string; readonly done: Controlled }[];

/** A terminal shows so many lines before nobody reads them any more; the page has all of them. */
const mostLines = 200;

export async function listDeliveries(
  host: WritingHost,
  { place: domain, post }: { place?: string | undefined; post?: string | undefined },
): Promise<Result<DeliveriesAnswer, CanariError>> {
  const places = placesOf(host, domain);
  if (!places.ok) return places;
  const nowMs = places.value[0]?.clock.now() ?? 0;
  if (post !== undefined) {
    const landed = await findLanded(places.value, post);
    return landed.ok ? ok({ nowMs, places: [], landed: landed.value }) : landed;
  }
  const all: PlaceDeliveries[] = [];
  for (const place of places.value) {
    const { destinations, counts } = await loadOverview(place);
    const worth = destinations.filter(({ state, waits }) => waits || state !== 'healthy').slice(0, mostLines);
    all.push({ place: place.identity.domain, counts, destinations: await withCounts(place, worth) });
  }
  return ok({ nowMs, places: all });
}

async function withCounts(place: OpenPlace, lines: readonly DestinationLine[]): Promise<CountedLine[]> {
  const counted: CountedLine[] = [];
  for (const line of lines) counted.push({ ...line, waiting: line.waits ? await countWaiting(place, line.host) : 0 });
  return counted;
}

/** @param post its id, or its address. */
async function findLanded(places: readonly OpenPlace[], post: string): Promise<Result<Landed, CanariError>> {
  const id = /(\d{19})\/?$/.exec(post)?.[1] ?? '';
  for (const place of isId(id) ? places : []) {
    const found = await place.store.posts.find(asId<PostId>(id));
    const author = found && (await place.store.accounts.find(found.authorId));
    if (!found || author?.domain !== null) continue;
    const { destinations, store } = place;
    return ok(await loadLanded({ deliveries: store.deliveries, destinations }, found.id, place.clock.now()));
  }
  return failed(postNotFound());
}

export async function explainHost(
  host: WritingHost,
  request: { host: string; place?: string | undefined },
): Promise<Result<ExplainAnswer, CanariError>> {
  const places = placesOf(host, request.place);
  const destination = readDestination(request.host);
  if (!places.ok) return places;
  if (!destination.ok) return destination;
  const lines: ExplainAnswer['lines'][number][] = [];
  for (const place of places.value) {
    const [line] = await withCounts(place, [await loadDestination(place, destination.value)]);
    lines.push({ ...line!, place: place.identity.domain });
  }
  return ok({ nowMs: places.value[0]?.clock.now() ?? 0, lines });
}

/** Does it for one place, or for every place of this host. */
export async function controlHost(
  host: WritingHost,
  request: { what: Control; host: string; place?: string | undefined },
): Promise<Result<ControlAnswer, CanariError>> {
  const places = placesOf(host, request.place);
  const destination = readDestination(request.host);
  if (!places.ok) return places;
  if (!destination.ok) return destination;
  const answers: ControlAnswer[number][] = [];
  for (const place of places.value) {
    const done = await control(place.destinations, request.what, destination.value);
    if (!done.ok) return done;
    answers.push({
      place: place.identity.domain,
      host: destination.value.slice(destination.value.indexOf(':') + 1),
      done: done.value,
    });
    // One knock is for the server, not for the place; a second one would only be told that it was just done.
    if (request.what === 'retry' && done.value === 'knocking') break;
  }
  return ok(answers);
}

/** Places that federate: one by its domain, or all. */
function placesOf(host: WritingHost, domain: string | undefined): Result<OpenPlace[], CanariError> {
  const places = host.places().filter(({ identity }) => identity.federates);
  const named = domain === undefined ? places : places.filter(({ identity }) => identity.domain === domain);
  if (named.length > 0) return ok(named);
  return failed(
    new CanariError(
      'CANARI_PLACE_UNKNOWN',
      domain === undefined ? 'No place here speaks to other servers yet.' : `There is no place ${domain} here.`,
      {
        status: 404,
        hint: domain === undefined ? 'canari setup gives it a domain.' : 'Leave --place away, or write its domain.',
        values: { domain: domain ?? '' },
      },
    ),
  );
}
