import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillPage, type PageRequest } from './page.ts';

const id = (n: number) => `1${String(n).padStart(18, '0')}`;
/** Rows 1 to 100, of which only every tenth may be seen. */
const read = async ({ limit, maxId, minId }: PageRequest) => {
  const all = Array.from({ length: 100 }, (_, n) => id(n + 1));
  const wanted = all.filter((row) => (!maxId || row < maxId) && (!minId || row > minId));
  return (minId ? wanted : wanted.reverse()).slice(0, limit);
};
const show = async (rows: string[]) => rows.filter((row) => row.endsWith('0'));
const page = (request: PageRequest) => fillPage(request, read, (row) => row, show);

test('a page is read on past what is hidden, in both directions, and ends after a few rounds', async () => {
  assert.deepEqual(await page({ limit: 10 }), [100, 90, 80, 70].map(id));
  assert.deepEqual(await page({ limit: 3, maxId: id(31) }), [30, 20].map(id));
  assert.deepEqual(await page({ limit: 10, minId: id(5) }), [40, 30, 20, 10].map(id));
  assert.deepEqual(await page({ limit: 10, maxId: id(1) }), []);
  assert.deepEqual(
    await fillPage(
      { limit: 3 },
      read,
      (row) => row,
      async (rows) => rows,
    ),
    [100, 99, 98].map(id),
  );
});
