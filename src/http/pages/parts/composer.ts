import type { CanariError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';
import { type Audience, audiences, isForEveryone, type PostView } from '../../../model/post.ts';
import { type Reach, reaches } from '../../../model/reach.ts';
import { type Prices, pricePost } from '../../../outgoing/price.ts';
import { getPerson, type RouteContext } from '../../route.ts';
import { icon } from '../drawings.ts';
import { type Html, html, nothing, raw } from '../html.ts';
import { postLanguages } from '../words/formats.ts';
import { formToken, renderSelect, renderWrong } from './forms.ts';
import { nameOf } from './post.ts';

/** What stands in the composer: nothing yet, or what came back with a failure. */
export interface ComposerState {
  readonly text?: string;
  readonly contentWarning?: string;
  readonly audience?: Audience;
  readonly reach?: Reach;
  readonly language?: string;
  readonly answered?: PostView;
  /** The post that is being corrected; its audience does not change. */
  readonly edited?: PostView;
  readonly error?: CanariError;
  /** True where the composer is the page's subject and its title the page's. */
  readonly isPage?: boolean;
}

/** The form in which one writes, answers and corrects. */
export async function renderComposer(context: RouteContext, state: ComposerState): Promise<Html> {
  const { words } = context;
  const person = getPerson(context);
  const { answered, edited } = state;
  const title = edited
    ? words.composer.titleEdit
    : answered
      ? words.composer.titleAnswer(nameOf(answered.author))
      : words.composer.title;
  const action = edited ? `/posts/${edited.post.id}/edit` : '/write';
  const submit = edited ? words.composer.correct : answered ? words.composer.answer : words.composer.publish;
  const language = state.language ?? person.language;
  const languages = postLanguages.some(([code]) => code === language)
    ? postLanguages
    : ([[language, language], ...postLanguages] as const);
  const audience = state.audience ?? defaultAudience(context, answered);
  // For an audience without a choice the radios stay hidden (canari.css), and have no effect.
  const prices = edited
    ? undefined
    : await pricePost(context.place, person, {
        text: state.text ?? '',
        audience: answered && isForEveryone(answered.post.audience) ? 'public' : audience,
        answered: answered?.post,
      });
  return html`${renderWrong(context, state.error)}
<form class="sheet composer" method="post" action="${action}">${formToken(context)}
${answered ? html`<input type="hidden" name="to" value="${answered.post.id}">` : nothing}
<div class="row">${state.isPage ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}${answered ? html` <a class="end soft" href="/write">${words.composer.notAnswer}</a>` : nothing}</div>
${answered ? html`<blockquote>${excerptOf(answered)}</blockquote>` : nothing}
<p class="ask"><label for="f-text" class="hidden">${words.composer.words}</label><textarea id="f-text" name="text" required maxlength="${limits.postChars}" placeholder="${words.composer.placeholder}"${state.isPage ? raw(' autofocus') : nothing}${state.error ? raw(' aria-invalid="true"') : nothing}>
${state.text ?? ''}</textarea></p>
<details class="warning"${state.contentWarning ? raw(' open') : nothing}><summary><span class="row">${icon('eye-off')} ${words.composer.addWarning}</span></summary><p class="ask"><label for="f-warning">${words.composer.warning}</label><small id="f-warning-hint">${words.composer.warningHint}</small><input id="f-warning" name="warning" maxlength="500" aria-describedby="f-warning-hint" value="${state.contentWarning ?? ''}"></p></details>
<div class="row choices"><span class="row">${edited ? html`<span class="soft">${words.composer.writtenFor(words.audienceShort[edited.post.audience])}</span>` : renderSelect({ name: 'audience', label: words.composer.audience, value: audience, choices: audiences.map((one) => [one, words.audiences[one]] as const) })}</span> <span class="row">${renderSelect({ name: 'language', label: words.composer.language, value: language, choices: languages })}</span></div>
${renderReach(context, state, prices)}
<div class="row keep"><p class="soft price">${renderPrice(context, state, prices)}</p><button class="primary end">${submit}</button></div>
</form>`;
}

/** An answer is for no more people than what it answers. */
function defaultAudience(context: RouteContext, answered: PostView | undefined): Audience {
  const usual = getPerson(context).defaultAudience;
  if (!answered) return usual;
  return audiences[Math.max(audiences.indexOf(usual), audiences.indexOf(answered.post.audience))]!;
}

/** Whom an answer is told to, each choice with its price. Nothing where all choices are one. */
function renderReach({ words }: RouteContext, { answered, reach }: ComposerState, prices: Prices | undefined): Html {
  if (!answered || !prices || prices.usual === null) return nothing;
  const { thread, gentle, all } = prices.reaches;
  if (all.serversNow === thread.serversNow) return nothing;
  const chosen = reach ?? prices.usual;
  const cost = {
    thread: words.reach.now(thread.serversNow),
    gentle: words.reach.nowAndLater(gentle.serversNow, gentle.serversLater),
    all: words.reach.servers(all.serversNow),
  };
  const text = {
    thread: words.reach.threadText(nameOf(answered.author)),
    gentle: words.reach.gentleText,
    all: words.reach.allText(all.seconds),
  };
  const choices = reaches.map(
    (one) =>
      html`<label class="choice"><input type="radio" name="reach" value="${one}"${one === chosen ? raw(' checked') : nothing}><span>${words.reach[one]}</span><b class="num">${cost[one]}</b><small>${text[one]}</small></label>`,
  );
  return html`<fieldset class="reach"><legend>${words.reach.title}</legend>${choices}</fieldset><p class="soft instead">${words.reach.note}</p>`;
}

/** What publishing costs, before it is done. */
function renderPrice(context: RouteContext, { answered, reach }: ComposerState, prices: Prices | undefined): string {
  const { words, place } = context;
  if (!place.identity.federates) return words.composer.stays;
  if (!prices) return '';
  if (prices.usual !== null) {
    const { thread, all } = prices.reaches;
    if ((reach ?? prices.usual) === 'all' && all.serversNow > 0) {
      return words.composer.goesTo(all.serversNow, all.followers, all.seconds);
    }
    return all.serversNow === thread.serversNow
      ? words.composer.answerTo(all.serversNow)
      : words.composer.price(thread.serversNow, all.serversNow, all.seconds);
  }
  const { serversNow, followers, seconds } = prices.all;
  if (answered) return words.composer.answerTo(serversNow);
  return serversNow === 0 ? words.composer.goesToNobody : words.composer.goesTo(serversNow, followers, seconds);
}

/** The first words of a post, without its markup. */
export function excerptOf({ post }: PostView, most = 240): string {
  if (post.contentWarning) return post.contentWarning;
  const text = `${post.title ? `${post.title} ` : ''}${plainText(post.contentHtml)}`.trim();
  return text.length > most ? `${text.slice(0, most).replace(/\s+\S*$/, '')}…` : text;
}

/** Sanitised HTML as plain words. */
export function plainText(safeHtml: string): string {
  return safeHtml
    .replace(/<span class="invisible">[^<]*<\/span>/g, '')
    .replace(/<(?:br|\/p|\/li|\/blockquote|\/h\d)[^>]*>/g, ' ')
    .replace(/<[^>]+>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;|&apos;/g, "'")
    .replace(/&nbsp;/g, '\u00a0')
    .replace(/&amp;/g, '&')
    .replace(/[ \t\r\n]+/g, ' ')
    .trim();
}
