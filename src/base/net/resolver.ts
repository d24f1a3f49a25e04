import { Resolver as DnsResolver, NODATA, NOTFOUND } from 'node:dns/promises';
import { failed, ok, type Result } from '../result.ts';

/** `name-not-found`: the name's own servers say that it has no address. `resolver-failed`: nobody could say, try later. */
export type NameFailure = 'name-not-found' | 'resolver-failed';

/** All addresses of a name, IPv4 first. */
export type Resolver = (name: string) => Promise<Result<string[], NameFailure>>;

/**
 * c-ares and not getaddrinfo: the latter runs on the four threads that zlib, files and signatures share, and four dead name servers
 * would stop them all. It also never reads /etc/hosts, so no local name can be reached through it.
 */
let dns: DnsResolver | undefined;

/** Asks DNS for A and AAAA, each once with one retry of 2 s. IPv4 comes first: hosts with a broken IPv6 route are more common than the reverse. */
export const lookUpWithDns: Resolver = async (name) => {
  dns ??= new DnsResolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return ok(addresses);
  const isDefinite = answers.every(
    (answer) => answer.status === 'rejected' && (answer.reason?.code === NODATA || answer.reason?.code === NOTFOUND),
  );
  return failed(isDefinite ? 'name-not-found' : 'resolver-failed');
};
