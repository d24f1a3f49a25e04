import type { CanariError } from '../../base/errors.ts';
import type { RouteContext } from '../route.ts';
import { describeFailure, type FailureSentences } from './failure-words.ts';
import { type Html, html, nothing } from './html.ts';
import { renderPage } from './layout.ts';

/** A failure as a page: whose doing comes first, then what happened, the exact words, and what now. */
export function renderErrorPage(context: RouteContext, error: CanariError): Promise<Response> {
  const sentences = describeFailure(context.words, error);
  const reference = typeof error.values.reference === 'string' ? error.values.reference : undefined;
  return renderFailurePage(context, sentences, {
    status: error.status,
    state: error.doing === 'yours' ? 'refused' : 'resting',
    reference,
  });
}

export function renderFailurePage(
  context: RouteContext,
  sentences: FailureSentences,
  about: { status: number; state: 'refused' | 'resting'; reference?: string | undefined; more?: Html },
): Promise<Response> {
  const { words, person } = context;
  const { doing, title, text, hint, exact } = sentences;
  return renderPage(context, {
    title,
    status: about.status,
    mainClass: 'read',
    main: html`<div class="stack tight"><p class="state ${about.state}"><b>${doing}</b></p>
<h1>${title}</h1>
<p class="words">${text}</p></div>
${exact ? html`<div class="stack tight"><p class="soft">${words.error.exact}</p><blockquote class="${about.state}"><samp>${exact}</samp></blockquote></div>` : nothing}
${hint ? html`<section class="stack tight"><h2>${words.error.whatNow}</h2><p>${hint}</p></section>` : nothing}
${about.more ?? nothing}
<p class="row"><a class="button" href="${person ? '/home' : '/'}">${person ? words.error.home : words.error.start}</a></p>
${about.reference ? html`<p><small>${words.error.reference(about.reference)}</small></p>` : nothing}`,
  });
}
