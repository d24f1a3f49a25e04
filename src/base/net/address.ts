import { isIPv4, isIPv6 } from 'node:net';
import { failed, ok, type Result } from '../result.ts';

/**
 * Which addresses we speak to. An allow-list: global unicast and nothing else. Every deny-list in the field had a hole
 * (0.0.0.0, `::`, NAT64, 6to4, Teredo, IPv4 written as IPv6: CVE-2026-33693, CVE-2026-46348, CVE-2026-50131, CVE-2026-22245).
 */

/** An address as bits, in the width of its family. */
interface AddressBits {
  readonly width: 32 | 128;
  readonly bits: bigint;
}

/** A network in CIDR form, ready to compare with. */
export interface Network extends AddressBits {
  readonly prefix: number;
}

/** Reads an address in its plain textual form; undefined for anything else (zone ids, octal, hexadecimal, short forms of IPv4). */
function readAddress(text: string): AddressBits | undefined {
  if (isIPv4(text)) return { width: 32, bits: readIpv4(text) };
  if (isIPv6(text) && !text.includes('%')) return { width: 128, bits: readIpv6(text) };
  return undefined;
}

function readIpv4(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function readIpv6(text: string): bigint {
  let plain = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const low = readIpv4(dotted[2]!);
    plain = `${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
  }
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/**
 * Reads `10.1.0.0/16` or `fd00::/8`. The bits after the prefix must be zero, so that a typing error does not open more than was meant.
 * @returns the network, or a sentence that says what is wrong.
 */
export function readNetwork(text: string): Result<Network, string> {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text.trim());
  const address = match ? readAddress(match[1]!) : undefined;
  if (!match || !address) return failed(`"${text}" is not a network; write for example 10.20.0.0/16`);
  const prefix = Number(match[2]);
  if (prefix > address.width) return failed(`"${text}": a prefix of this family is at most ${address.width}`);
  const network = { ...address, prefix };
  const rest = BigInt(address.width - prefix);
  if ((address.bits >> rest) << rest !== address.bits) return failed(`"${text}" has bits set after its prefix`);
  return ok(network);
}

function isInside(address: AddressBits, network: Network): boolean {
  if (address.width !== network.width) return false;
  const rest = BigInt(network.width - network.prefix);
  return address.bits >> rest === network.bits >> rest;
}

const networks = (...texts: string[]): Network[] =>
  texts.map((text) => {
    const network = readNetwork(text);
    if (!network.ok) throw new Error(network.error);
    return network.value;
  });

/** The only IPv6 space that IANA has opened for global unicast (RFC 4291, IANA "IPv6 Address Space"). Everything outside is refused. */
const ipv6Global = networks('2000::/3');

/** IANA special-purpose registries (RFC 6890 and later), also the few that are routable but never a web server. */
const special = networks(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Inside 2000::/3: IETF protocol assignments with Teredo and ORCHID, documentation, 6to4, AS112.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '2620:4f:8000::/48',
  '3fff::/20',
);

/** What an address is to us; `unreadable` when the text is no address at all. */
export type AddressClass = 'global' | 'allowed' | 'special' | 'unreadable';

/**
 * Classifies an address. `allowed` are networks that the operator opened by name (`CANARI_ALLOW_NETWORKS`); they open exactly
 * what they say: an IPv4 network does not open its addresses written as IPv6.
 */
export function classifyAddress(text: string, allowed: readonly Network[] = []): AddressClass {
  const address = readAddress(text);
  if (!address) return 'unreadable';
  if (allowed.some((network) => isInside(address, network))) return 'allowed';
  if (special.some((network) => isInside(address, network))) return 'special';
  if (address.width === 128 && !ipv6Global.some((network) => isInside(address, network))) return 'special';
  return 'global';
}

/** True when we may connect to the address. */
export function isReachable(text: string, allowed: readonly Network[] = []): boolean {
  const kind = classifyAddress(text, allowed);
  return kind === 'global' || kind === 'allowed';
}
