import type { CanariError } from '../../../base/errors.ts';
import type { RouteContext } from '../../route.ts';
import { icon } from '../drawings.ts';
import { describeFailure } from '../failure-words.ts';
import { type Html, html, nothing, raw } from '../html.ts';

/** The hidden field that shows a form to be ours (security.ts). */
export const formToken = ({ session }: RouteContext): Html =>
  session ? html`<input type="hidden" name="form" value="${session.formToken}">` : nothing;

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  /** What is wrong with what was given. */
  readonly wrong?: string | undefined;
  readonly value?: string;
  readonly type?: 'text' | 'password' | 'search';
  /** Attributes from our own code only: autocomplete, maxlength, autocapitalize … */
  readonly attributes?: string;
}

/** Label, hint, error, control, in that order; the control is tied to all three. */
export function renderField(field: Field): Html {
  const id = `f-${field.name}`;
  const { hint, error, about } = describe(id, field);
  return html`<p class="ask"><label for="${id}">${field.label}</label>${hint}${error}<input id="${id}" name="${field.name}" type="${field.type ?? 'text'}" value="${field.type === 'password' ? '' : (field.value ?? '')}"${about}${field.attributes ? raw(` ${field.attributes}`) : nothing}></p>`;
}

export function renderArea(field: Field & { lang?: string }): Html {
  const id = `f-${field.name}`;
  const { hint, error, about } = describe(id, field);
  return html`<p class="ask"><label for="${id}">${field.label}</label>${hint}${error}<textarea id="${id}" name="${field.name}"${about}${field.attributes ? raw(` ${field.attributes}`) : nothing}>
${field.value ?? ''}</textarea></p>`;
}

function describe(id: string, { hint, wrong }: Field) {
  const ids = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return {
    hint: hint ? html`<small id="${id}-hint">${hint}</small>` : nothing,
    error: wrong ? html`<span class="wrong" id="${id}-wrong">${wrong}</span>` : nothing,
    about: html`${ids ? raw(` aria-describedby="${ids}"`) : nothing}${wrong ? raw(' aria-invalid="true"') : nothing}`,
  };
}

export function renderSelect(options: {
  name: string;
  label: string;
  value: string;
  choices: readonly (readonly [value: string, name: string])[];
  /** True where the label is for screen readers only. */
  hidesLabel?: boolean;
}): Html {
  const id = `f-${options.name}`;
  const choices = options.choices.map(
    ([value, name]) =>
      html`<option value="${value}"${value === options.value ? raw(' selected') : nothing}>${name}</option>`,
  );
  return html`<label for="${id}"${options.hidesLabel ? raw(' class="hidden"') : nothing}>${options.label}</label> <select id="${id}" name="${options.name}">${choices}</select>`;
}

export function renderCheck(options: { name: string; label: string; hint?: string; isOn: boolean }): Html {
  return html`<label class="row keep check"><input type="checkbox" name="${options.name}" value="yes"${options.isOn ? raw(' checked') : nothing}><span>${options.label}${options.hint ? html`<br><small>${options.hint}</small>` : nothing}</span></label>`;
}

/** A failure above the form that it belongs to: whose doing, then the words. */
export function renderWrong(context: RouteContext, error: CanariError | undefined): Html {
  if (!error) return nothing;
  const { doing, title, text } = describeFailure(context.words, error);
  return renderAlert(doing, `${title}. ${text}`);
}

export function renderAlert(doing: string, text: string): Html {
  return html`<div class="banner refused" role="alert">${icon('info')}<p><small><b>${doing}</b></small></p><p>${text}</p></div>`;
}
