import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mentionKey, readMentions, readTags, renderText } from './write.ts';

const tagUrl = (tag: string) => `https://place.example/tags/${encodeURIComponent(tag)}`;
const render = (text: string, mentions: [string, string][] = []) =>
  renderText(text, new Map(mentions.map(([key, url]) => [key, { url, handle: key.split('@')[0]! }])), tagUrl);

test('nothing typed becomes markup', () => {
  assert.equal(
    render('<script>alert("x")</script> & \'y\''),
    '<p>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;</p>',
  );
  assert.equal(
    render('https://a.example/"onclick="x'),
    '<p><a href="https://a.example/&quot;onclick=&quot;x" rel="nofollow noopener noreferrer">a.example/&quot;onclick=&quot;x</a></p>',
  );
});

test('paragraphs, line breaks, links', () => {
  assert.equal(render('a\nb\r\n\r\n\nc'), '<p>a<br>b</p><p>c</p>');
  assert.equal(
    render('see example.org/x?a=1&b=2.'),
    '<p>see <a href="http://example.org/x?a=1&amp;b=2" rel="nofollow noopener noreferrer">example.org/x?a=1&amp;b=2</a>.</p>',
  );
  assert.match(
    render('left. #birds https://example.org/a/b and more'),
    /<a href="https:\/\/example\.org\/a\/b"[^>]*>example\.org\/a\/b<\/a> and more/,
  );
  assert.equal(render('a file.notatld here'), '<p>a file.notatld here</p>');
  assert.equal(render('javascript:alert(1) ftp://x.example'), '<p>javascript:alert(1) ftp://x.example</p>');
});

test('handles in every place where people write them', () => {
  const keys = (text: string) => readMentions(text).map(mentionKey);
  assert.deepEqual(keys('@Bob@Remote.example, (@carol) and @bob@remote.example.'), ['bob@remote.example', 'carol@']);
  assert.deepEqual(keys('mail me at me@remote.example or https://remote.example/@bob'), []);
  assert.deepEqual(keys('@bob@127-77.example:8443!'), ['bob@127-77.example:8443']);
  assert.equal(
    render('hi @bob@remote.example', [['bob@remote.example', 'https://remote.example/@bob']]),
    '<p>hi <span class="h-card"><a href="https://remote.example/@bob" class="u-url mention">@<span>bob</span></a></span></p>',
  );
  assert.equal(render('hi @nobody@remote.example'), '<p>hi @nobody@remote.example</p>');
});

test('hashtags: letters of every script, not numbers, not parts of words or addresses', () => {
  assert.deepEqual(readTags('#Été #été #1 #a1 x#no https://a.example/#no #日本語'), ['Été', 'a1', '日本語']);
});

test('a text of many marks takes no long time', () => {
  const started = performance.now();
  render('@a@b.example #tag example.org '.repeat(330));
  render(`${'@'.repeat(5_000)}${'#'.repeat(5_000)}`);
  assert.ok(performance.now() - started < 1_000);
});
