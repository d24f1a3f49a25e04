import type { Marker } from '../../../store/place/markers.ts';
import { isoTime } from './viewer.ts';

/** Markers by timeline. */
export const renderMarkers = (markers: readonly Marker[]) =>
  Object.fromEntries(
    markers.map((marker) => [
      marker.timeline,
      { last_read_id: marker.lastReadId, version: marker.version, updated_at: isoTime(marker.updatedAtMs) },
    ]),
  );
