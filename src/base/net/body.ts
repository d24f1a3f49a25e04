import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { failed, ok, type Result } from '../result.ts';
import { firstHeader, type HeaderValues } from './retry-after.ts';

/** `too-big`: more than the cap after inflating. `bad-encoding`: two encodings, an unknown one, or damaged data. */
export type BodyFailure = 'too-big' | 'bad-encoding';

/** 255 KiB of gzip hold 256 MiB (measured: RSS 947 MB with `fetch`), so bytes are counted as they come out, not as they come in. */
export async function readBody(
  body: Readable,
  headers: HeaderValues,
  maxBytes: number,
): Promise<Result<Buffer, BodyFailure>> {
  const encoding = (firstHeader(headers, 'content-encoding') ?? 'identity').trim().toLowerCase();
  const inflater = findInflater(encoding);
  if (inflater === 'unknown' || Array.isArray(headers['content-encoding'])) {
    body.destroy();
    return failed('bad-encoding');
  }
  if (Number(firstHeader(headers, 'content-length')) > maxBytes) {
    body.destroy();
    return failed('too-big');
  }
  return inflater === 'plain' ? collect(body, maxBytes) : inflate(body, inflater, maxBytes);
}

function findInflater(encoding: string): Transform | 'plain' | 'unknown' {
  if (encoding === 'identity' || encoding === '') return 'plain';
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'br') return createBrotliDecompress();
  if (encoding === 'deflate') return createInflate();
  return 'unknown';
}

async function inflate(body: Readable, inflater: Transform, maxBytes: number): Promise<Result<Buffer, BodyFailure>> {
  let isBodyBroken = false;
  body.once('error', (error) => {
    isBodyBroken = true;
    inflater.destroy(error);
  });
  body.pipe(inflater);
  try {
    return await collect(inflater, maxBytes);
  } catch (error) {
    if (isBodyBroken) throw error;
    return failed('bad-encoding');
  } finally {
    body.destroy();
    inflater.destroy();
  }
}

/** Leaving the loop early destroys the stream and with it the connection. */
async function collect(source: Readable, maxBytes: number): Promise<Result<Buffer, BodyFailure>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return failed('too-big');
    chunks.push(chunk);
  }
  return ok(Buffer.concat(chunks, size));
}

/** The first bytes of an answer that is only read for its words; the rest is not waited for. */
export async function readStart(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > 4_096) break;
  }
  return Buffer.concat(chunks).subarray(0, 4_096);
}
