import assert from 'node:assert/strict';

/** The fields of the form on a page: hidden ones, as a browser would send them. */
export function readHiddenFields(page: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [input] of page.matchAll(/<input type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    const value = /value="([^"]*)"/.exec(input)?.[1] ?? '';
    if (name) fields.append(name, plain(value));
  }
  return fields;
}

const plain = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** Asks a place as a signed-in browser. */
export type Browse = (path: string, init?: RequestInit) => Promise<Response>;

/** Opens the page on which a person lets an app in, and answers. Returns what the browser gets: the way back to the app, or the code as a page. */
export async function answerConsent(
  browse: Browse,
  query: Record<string, string>,
  decision: 'allow' | 'deny' = 'allow',
): Promise<Response> {
  const shown = await browse(`/oauth/authorize?${new URLSearchParams(query)}`);
  assert.equal(shown.status, 200, `the consent page: ${shown.headers.get('location') ?? ''}`);
  const fields = readHiddenFields(await shown.text());
  fields.set('decision', decision);
  return browse('/oauth/authorize', { method: 'POST', body: fields });
}

/** The code that is shown to be typed into an app. */
export async function readShownCode(answer: Response): Promise<string> {
  assert.equal(answer.status, 200);
  const code = /name="code"[^>]*value="([A-Za-z0-9_-]{43})"/.exec(await answer.text())?.[1];
  assert.ok(code, 'a code stands on the page');
  return code;
}
