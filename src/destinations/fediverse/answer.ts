import { type Reply, UnreadableAnswer } from './read-reply.ts';

/**
 * Reads the answer to one POST (RFC 9112), strictly: what two readers read differently is how one request is passed off as another. Whatever is
 * not exactly right ends the connection and is nobody's answer.
 */

/** Status line, headers and interim answers together; Node's own limit. */
const mostHeadBytes = 16_384;
const mostHeaders = 100;
/** 100, 102 and 103 before the answer itself. */
const mostInterim = 4;
/** The size of a chunk with its extensions, and all trailers together. */
const mostChunkLine = 256;
const mostTrailerBytes = 4_096;
/** What is kept of a body: enough for its words. */
const mostTextBytes = 4_096;

type Where = 'head' | 'counted' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

/** One answer, fed as its bytes come, in pieces of any size. */
export class Answer {
  /** Status and headers, as soon as they are whole. */
  head: Pick<Reply, 'status' | 'headers'> | undefined;
  /** Bytes of the body seen, framing left out. */
  bodyBytes = 0;
  /** Any byte has come: the peer has seen the request. */
  begun = false;
  /** How long the peer keeps an idle connection, in ms, when it says so. */
  keptMs: number | undefined;
  #where: Where = 'head';
  /** Bytes left of the counted body or of the chunk. */
  #left = 0;
  #pending: Buffer | undefined;
  #headBytes = 0;
  #interim = 0;
  #staysOpen = false;
  #isClean = true;
  readonly #texts: Buffer[] = [];
  #textBytes = 0;
  #trailerBytes = 0;

  /** The whole answer is there. */
  get isDone(): boolean {
    return this.#where === 'done';
  }

  /** The connection may carry another request: the peer agrees, the answer is whole and nothing stands behind it. */
  get isReusable(): boolean {
    return this.isDone && this.#staysOpen && this.#isClean;
  }

  /** The first bytes of what was said, when it was no success and not compressed. */
  get text(): string {
    if (this.#textBytes === 0 || this.head?.headers['content-encoding'] !== undefined) return '';
    return Buffer.concat(this.#texts).subarray(0, mostTextBytes).toString('utf8');
  }

  /** Reads on. @throws UnreadableAnswer; nothing may be fed afterwards. */
  push(chunk: Buffer): void {
    this.begun = true;
    let bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = undefined;
    while (bytes.length > 0) {
      const used = this.#step(bytes);
      if (used === undefined) {
        this.#pending = bytes;
        return;
      }
      bytes = used === 0 ? bytes : bytes.subarray(used);
    }
  }

  /** The peer has closed its side. @returns whether the answer is whole: only one without a length ends so. */
  close(): boolean {
    if (this.#where === 'until-close') this.#where = 'done';
    return this.isDone;
  }

  /** One step: how many bytes it used, undefined when it needs more than there are. */
  #step(bytes: Buffer): number | undefined {
    switch (this.#where) {
      case 'head':
        return this.#readHead(bytes);
      case 'counted':
      case 'chunk':
        return this.#readCounted(bytes);
      case 'until-close':
        this.#keep(bytes);
        return bytes.length;
      case 'chunk-size':
        return this.#readChunkSize(bytes);
      case 'chunk-end':
        if (bytes.length < 2) return undefined;
        if (bytes[0] !== 13 || bytes[1] !== 10) throw new UnreadableAnswer('a chunk is longer than it says');
        this.#where = 'chunk-size';
        return 2;
      case 'trailers':
        return this.#readTrailers(bytes);
      case 'done':
        // Nobody asked for more: what stands here would be taken for the answer to the next request.
        this.#isClean = false;
        return bytes.length;
    }
  }

  #readHead(bytes: Buffer): number | undefined {
    const end = bytes.indexOf('\r\n\r\n');
    const size = end < 0 ? bytes.length : end + 4;
    if (this.#headBytes + size > mostHeadBytes) throw new UnreadableAnswer('its headers are too long');
    if (end < 0) {
      // Nonsense shows in its first bytes; whoever sends it need not be waited for.
      const opening = bytes.toString('latin1', 0, Math.min(bytes.length, statusOpening.length));
      if (!statusOpening.startsWith(opening)) throw new UnreadableAnswer('it is not HTTP/1');
      return undefined;
    }
    this.#headBytes += size;
    const { status, version, headers } = parseHead(bytes.toString('latin1', 0, end));
    if (status >= 200) {
      this.head = { status, headers };
      this.#frame(status, version, headers);
    } else if (status === 101 || ++this.#interim > mostInterim) {
      throw new UnreadableAnswer(`status ${status}`);
    }
    return size;
  }

  /** How the body ends (RFC 9112, 6.3), and whether the connection stays. */
  #frame(status: number, version: string, headers: Headers): void {
    const length = headers['content-length'];
    const coding = headers['transfer-encoding'];
    if (length !== undefined && coding !== undefined) throw new UnreadableAnswer('it has two lengths');
    if (coding !== undefined && (version === '0' || coding.toString().toLowerCase() !== 'chunked')) {
      throw new UnreadableAnswer('transfer-encoding');
    }
    if (length !== undefined && !/^\d{1,15}$/.test(String(length))) throw new UnreadableAnswer('content-length');
    this.#staysOpen = version === '1' && !hasClose(headers.connection);
    const kept = /(?:^|[,\s])timeout=(\d{1,6})(?![^,\s])/i.exec(String(headers['keep-alive'] ?? ''));
    if (kept) this.keptMs = Number(kept[1]) * 1_000;
    if (status === 204 || status === 304) this.#where = 'done';
    else if (coding !== undefined) this.#where = 'chunk-size';
    else if (length !== undefined) this.#count(Number(length), 'counted');
    else {
      this.#where = 'until-close';
      this.#staysOpen = false;
    }
  }

  #count(left: number, where: 'counted' | 'chunk'): void {
    this.#left = left;
    this.#where = left > 0 ? where : 'done';
  }

  #readCounted(bytes: Buffer): number {
    const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#keep(part);
    this.#left -= part.length;
    if (this.#left === 0) this.#where = this.#where === 'chunk' ? 'chunk-end' : 'done';
    return part.length;
  }

  #readChunkSize(bytes: Buffer): number | undefined {
    const end = bytes.indexOf('\r\n');
    if ((end < 0 ? bytes.length : end) > mostChunkLine) throw new UnreadableAnswer('the size of a chunk');
    if (end < 0) return undefined;
    const size = /^([0-9a-f]{1,8})(?:[ \t]*;[\t -~\x80-\xff]*)?$/i.exec(bytes.toString('latin1', 0, end))?.[1];
    if (size === undefined) throw new UnreadableAnswer('the size of a chunk');
    this.#left = Number.parseInt(size, 16);
    this.#where = this.#left > 0 ? 'chunk' : 'trailers';
    return end + 2;
  }

  #readTrailers(bytes: Buffer): number | undefined {
    const end = bytes.indexOf('\r\n');
    if (this.#trailerBytes + (end < 0 ? bytes.length : end) > mostTrailerBytes)
      throw new UnreadableAnswer('its trailers are too long');
    if (end < 0) return undefined;
    if (end === 0) {
      this.#where = 'done';
      return 2;
    }
    this.#trailerBytes += end + 2;
    // Read only to be sure where they end; nothing in them is believed.
    readHeader(bytes.toString('latin1', 0, end));
    return end + 2;
  }

  #keep(part: Buffer): void {
    this.bodyBytes += part.length;
    if (this.head!.status < 300 || this.#textBytes >= mostTextBytes) return;
    this.#textBytes += part.length;
    this.#texts.push(part);
  }
}

type Headers = Record<string, string | string[]>;

const statusOpening = 'HTTP/1.';

function parseHead(text: string): { status: number; version: string; headers: Headers } {
  const lines = text.split('\r\n');
  const opening = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t -~\x80-\xff]*)?$/.exec(lines[0]!);
  if (!opening) throw new UnreadableAnswer('its first line');
  if (lines.length > mostHeaders + 1) throw new UnreadableAnswer('it has too many headers');
  const headers: Headers = Object.create(null);
  for (let i = 1; i < lines.length; i++) {
    const [name, value] = readHeader(lines[i]!);
    const before = headers[name];
    headers[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return { status: Number(opening[2]), version: opening[1]!, headers };
}

/** A name, a colon, a value; no folded lines, no space before the colon, no NUL, no lone CR or LF. */
function readHeader(line: string): [string, string] {
  const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([\t -~\x80-\xff]*)$/.exec(line);
  if (!parts) throw new UnreadableAnswer('a header');
  return [parts[1]!.toLowerCase(), parts[2]!.trim()];
}

const hasClose = (connection: string | string[] | undefined): boolean =>
  connection !== undefined && /(?:^|[,\s])close(?:[,\s]|$)/i.test(String(connection));
