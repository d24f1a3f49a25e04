import type { Account } from '../../../model/account.ts';
import type { Relationship } from '../../../store/place/relationships.ts';
import type { RouteContext } from '../../route.ts';
import { type Html, html, nothing } from '../html.ts';
import { formToken } from './forms.ts';
import { profilePath } from './post.ts';

/** What the buttons of an account's page ask for; `accounts.ts` does it. */
export type AccountVerb =
  | 'follow'
  | 'unfollow'
  | 'block'
  | 'unblock'
  | 'mute'
  | 'unmute'
  | 'accept'
  | 'reject'
  | 'remove';

export interface AccountButton {
  readonly verb: AccountVerb;
  readonly text: string;
  readonly look?: 'primary' | 'wrong';
}

/** A form of buttons about one account. It comes back to `back`, or to the account's page. */
export function renderAccountForm(
  context: RouteContext,
  account: Account,
  buttons: readonly AccountButton[],
  back = profilePath(account),
): Html {
  const items = buttons.map(
    ({ verb, text, look }) =>
      html`<button name="do" value="${verb}"${look ? html` class="${look}"` : nothing}>${text}</button> `,
  );
  return html`<form class="row" method="post" action="/accounts/${account.id}">${formToken(context)}<input type="hidden" name="back" value="${back}">${items}</form>`;
}

/** The one next step on somebody's page. */
export function renderFollowButton(context: RouteContext, account: Account, relationship: Relationship): Html {
  const { words, place } = context;
  if (account.goneAtMs !== null || relationship.blocking || relationship.blockedBy) return nothing;
  if (relationship.following) {
    return renderAccountForm(context, account, [{ verb: 'unfollow', text: words.profile.unfollow }]);
  }
  if (relationship.requested) {
    return renderAccountForm(context, account, [{ verb: 'unfollow', text: words.profile.cancelRequest }]);
  }
  if (account.domain !== null && !place.identity.federates) return nothing;
  return renderAccountForm(context, account, [{ verb: 'follow', text: words.profile.follow, look: 'primary' }]);
}

/** What keeps somebody away, folded. */
export function renderAccountActions(context: RouteContext, account: Account, relationship: Relationship): Html {
  const { words } = context;
  const buttons: AccountButton[] = [
    relationship.muting ? { verb: 'unmute', text: words.profile.unmute } : { verb: 'mute', text: words.profile.mute },
    relationship.blocking
      ? { verb: 'unblock', text: words.profile.unblock }
      : { verb: 'block', text: words.profile.block, look: 'wrong' },
  ];
  if (relationship.followedBy) buttons.unshift({ verb: 'remove', text: words.profile.remove });
  const requested = relationship.requestedBy
    ? renderAccountForm(context, account, [
        { verb: 'accept', text: words.requests.accept, look: 'primary' },
        { verb: 'reject', text: words.requests.reject },
      ])
    : nothing;
  return html`${requested}<details class="away"><summary>${words.profile.more}</summary>${renderAccountForm(context, account, buttons)}</details>`;
}
