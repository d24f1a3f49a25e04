import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';

/** The ways in which a fake peer can be rude. */
export type Fault =
  /** Answers with a status and nothing more: 401, 404, 410, 429 with a Retry-After, 500, 503… */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Takes the request and never answers. */
  | { readonly kind: 'tarpit' }
  /** Sends one byte of its headers every `everyMs`, and never the last. */
  | { readonly kind: 'slow-headers'; readonly everyMs: number }
  /** Sends good headers, then one byte of a body every `everyMs`, for ever. */
  | { readonly kind: 'slow-body'; readonly everyMs: number }
  /** Closes the socket instead of answering. */
  | { readonly kind: 'reset' }
  /** Does what it should after `delayMs`. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** A JSON document of so many bytes. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** The same, sent as gzip: small on the wire. */
  | { readonly kind: 'gzip-bomb'; readonly bytes: number }
  /** Leads elsewhere. */
  | { readonly kind: 'redirect'; readonly to: string; readonly status?: number }
  /** Each answer leads to another path of the same peer. */
  | { readonly kind: 'redirect-loop' }
  /** Another document in place of the true one: a lie about the id, HTML, broken JSON. */
  | { readonly kind: 'document'; readonly document: unknown; readonly contentType?: string };

const activityJson = 'application/activity+json; charset=utf-8';

/** Answers as the fault says; true when the peer should answer as usual after all. */
export async function commitFault(fault: Fault, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
      return false;
    case 'tarpit':
      return false;
    case 'slow-headers':
      drip(response, 'HTTP/1.1 200 OK\r\nX-Slow: ', fault.everyMs);
      return false;
    case 'slow-body':
      drip(response, `HTTP/1.1 200 OK\r\nContent-Type: ${activityJson}\r\n\r\n{"a":"`, fault.everyMs);
      return false;
    case 'reset':
      request.socket.destroy();
      return false;
    case 'delay':
      await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      return true;
    case 'huge':
    case 'gzip-bomb':
      sendMuch(fault, response);
      return false;
    case 'redirect':
      response.writeHead(fault.status ?? 302, { location: fault.to }).end();
      return false;
    case 'redirect-loop':
      response.writeHead(302, { location: `/loop/${Math.random().toString(36).slice(2)}` }).end();
      return false;
    case 'document':
      response.writeHead(200, { 'content-type': fault.contentType ?? activityJson });
      response.end(typeof fault.document === 'string' ? fault.document : JSON.stringify(fault.document));
      return false;
  }
}

/** Writes the beginning at once, then a byte now and then, until the other side has had enough. */
function drip(response: ServerResponse, beginning: string, everyMs: number) {
  const socket = response.socket!;
  socket.write(beginning);
  const timer = setInterval(() => socket.write('x'), everyMs);
  socket.on('close', () => clearInterval(timer));
}

function sendMuch({ kind, bytes }: { kind: 'huge' | 'gzip-bomb'; bytes: number }, response: ServerResponse) {
  const isPacked = kind === 'gzip-bomb';
  response.writeHead(200, { 'content-type': activityJson, ...(isPacked ? { 'content-encoding': 'gzip' } : {}) });
  const out = isPacked ? createGzip() : response;
  if (out !== response) out.pipe(response);
  out.on('error', () => {});
  response.on('error', () => {});
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let left = bytes;
  const write = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!out.write(chunk)) {
        out.once('drain', write);
        return;
      }
    }
    out.end('{}');
  };
  write();
}
