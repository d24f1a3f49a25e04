import type { ReadActivity } from '../../activitypub/parse/activity.ts';
import { unreachable } from '../../base/result.ts';
import type { OpenPlace } from '../../outgoing/open-place.ts';
import { applyAcceptOrReject } from './accept.ts';
import { applyAnnounce } from './announce.ts';
import { applyBlock } from './block.ts';
import { applyCreate } from './create.ts';
import { applyDelete } from './delete.ts';
import { applyFollow } from './follow.ts';
import { applyLike } from './like.ts';
import { type Coming, ignored, type Outcome } from './outcome.ts';
import { applyUndo } from './undo.ts';
import { applyUpdate } from './update.ts';

/** What an activity brings about, by its verb. Its actor has signed it; nothing else of it is true yet. */
export function applyActivity(place: OpenPlace, activity: ReadActivity, coming: Coming): Promise<Outcome> | Outcome {
  switch (activity.verb) {
    case 'Follow':
      return applyFollow(place, activity, coming);
    case 'Block':
      return applyBlock(place, activity, coming);
    case 'Accept':
    case 'Reject':
      return applyAcceptOrReject(place, activity, coming);
    case 'Undo':
      return applyUndo(place, activity, coming);
    case 'Create':
      return applyCreate(place, activity, coming);
    case 'Update':
      return applyUpdate(place, activity, coming);
    case 'Delete':
      return applyDelete(place, activity, coming);
    case 'Announce':
      return applyAnnounce(place, activity, coming);
    case 'Like':
      return applyLike(place, activity, coming);
    case 'other':
      return ignored(`${activity.type} is not acted on here`);
    default:
      return unreachable(activity);
  }
}
