import { readRemoteUrl } from '../../base/net/hostname.ts';
import type { LabHost } from '../../base/net/lab.ts';
import { ok, type Result } from '../../base/result.ts';

/** Where a parcel goes, split once: what the request line, the signature and the connection need. */
export type Address = { url: URL; origin: string; path: string };

/** Reads an inbox URL that somebody else wrote; strictly, as everything that we might connect to. The failure is a sentence. */
export function readAddress(inboxUrl: string, labHosts: readonly LabHost[]): Result<Address, string> {
  const read = readRemoteUrl(inboxUrl, labHosts);
  if (!read.ok) return { ok: false, error: `${inboxUrl} is no inbox address: ${read.error}` };
  const url = read.value;
  return ok({ url, origin: url.origin, path: `${url.pathname}${url.search}` });
}
