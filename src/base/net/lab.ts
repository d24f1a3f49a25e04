import { isIP } from 'node:net';
import { failed, ok, type Result } from '../result.ts';

/**
 * The laboratory (DESIGN section 7): a file of names is the resolver of every socket, so that a whole fake Fediverse runs on
 * loopback while the address guard stays on. Empty in production.
 */

/** One line of the file: `name address port scheme`. A name may have several lines: several addresses, or several services. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** `http` and `https` for the web, any other word (`smtp`) for raw sockets. */
  readonly scheme: string;
}

/**
 * Reads the file's text. `#` begins a comment; empty lines are skipped.
 * @returns the lines, or a sentence that names the first wrong one.
 */
export function readLabHosts(text: string): Result<LabHost[], string> {
  const hosts: LabHost[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/);
    if (words[0] === '') continue;
    const [name = '', address = '', portText = '', scheme = ''] = words;
    const port = Number(portText);
    const fine =
      words.length === 4 &&
      /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name) &&
      isIP(address) !== 0 &&
      Number.isInteger(port) &&
      port > 0 &&
      port < 65_536 &&
      /^[a-z]+$/.test(scheme);
    if (!fine) return failed(`line ${index + 1} of the lab hosts is not "name address port scheme": ${line.trim()}`);
    hosts.push({ name, address, port, scheme });
  }
  return ok(hosts);
}

const none: readonly LabHost[] = [];
const indexes = new WeakMap<readonly LabHost[], Map<string, LabHost[]>>();

/** The lines of one name. Indexed at the first question: a benchmark's lab has thousands of names, and every socket asks. */
export function findLabHosts(hosts: readonly LabHost[], name: string): readonly LabHost[] {
  if (hosts.length === 0) return none;
  let index = indexes.get(hosts);
  if (!index) {
    index = Map.groupBy(hosts, (host) => host.name);
    indexes.set(hosts, index);
  }
  return index.get(name) ?? none;
}

/** `http` for a name that the lab lists as http, `https` for everything else. Use it to build the first URL of a host (WebFinger). */
export function webSchemeOf(hosts: readonly LabHost[], name: string): 'http' | 'https' {
  const lines = findLabHosts(hosts, name);
  return lines.some((line) => line.scheme === 'http') && !lines.some((line) => line.scheme === 'https')
    ? 'http'
    : 'https';
}
