import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, inflateSync } from 'node:zlib';
import type { RouteContext } from '../route.ts';
import { defaultPictures, pictureRoutes } from './default-pictures.ts';

test('both pictures are whole PNG files of the size that they say', async () => {
  for (const { path, width, height } of Object.values(defaultPictures)) {
    const route = pictureRoutes.find((one) => one.path === path)!;
    const answer = await route.handler({} as RouteContext);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.subarray(0, 8).toString('hex'), '89504e470d0a1a0a');
    assert.ok(bytes.length < 5_000);
    const chunks = readChunks(bytes.subarray(8));
    assert.deepEqual(
      chunks.map(({ type }) => type),
      ['IHDR', 'IDAT', 'IEND'],
    );
    assert.deepEqual([chunks[0]!.data.readUInt32BE(0), chunks[0]!.data.readUInt32BE(4)], [width, height]);
    const rows = inflateSync(chunks[1]!.data);
    assert.equal(rows.length, height * (1 + width * 3));
    assert.ok(new Set(rows).size > 4, 'something is drawn');
  }
});

function readChunks(bytes: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const named = bytes.subarray(at + 4, at + 8 + length);
    assert.equal(bytes.readUInt32BE(at + 8 + length), crc32(named));
    chunks.push({ type: named.subarray(0, 4).toString('latin1'), data: named.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}
