import { type Argon2Parameters, argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { CanariError } from '../base/errors.ts';

/** OWASP's second choice for argon2id: 19 MiB, 2 passes, 1 lane; about 30 ms here. A place has one person: two sign-ins at once are rare. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 } as const;
const argon = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>;

/** Shorter can be guessed; longer than `max` costs us work for nothing. */
export const passphraseChars = { min: 10, max: 200 } as const;

/** Why a passphrase is not good enough; undefined when it is. */
export function checkPassphrase(passphrase: string): CanariError | undefined {
  const length = [...passphrase].length;
  if (length < passphraseChars.min || new Set(passphrase).size < 4) {
    return new CanariError(
      'CANARI_PASSPHRASE_WEAK',
      `A passphrase needs at least ${passphraseChars.min} characters, and not one repeated.`,
      {
        hint: 'Four or five words that do not belong together are easy to keep in mind and hard to guess.',
        values: { least: passphraseChars.min },
      },
    );
  }
  if (length > passphraseChars.max) {
    return new CanariError('CANARI_PASSPHRASE_LONG', `A passphrase has at most ${passphraseChars.max} characters.`, {
      values: { most: passphraseChars.max },
    });
  }
  return undefined;
}

/** `argon2id$memory$passes$salt$tag`, the last two in base64url. */
export async function hashPassphrase(passphrase: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await argon('argon2id', { ...cost, nonce, message: passphrase.normalize('NFC') });
  return ['argon2id', cost.memory, cost.passes, nonce.toString('base64url'), tag.toString('base64url')].join('$');
}

/** Compares in constant time, with the cost that the hash was made with. */
export async function isPassphrase(passphrase: string, hash: string): Promise<boolean> {
  const [algorithm, memory, passes, salt, tag] = hash.split('$');
  if (algorithm !== 'argon2id' || !salt || !tag) return false;
  const expected = Buffer.from(tag, 'base64url');
  const actual = await argon('argon2id', {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: cost.parallelism,
    tagLength: expected.length,
    nonce: Buffer.from(salt, 'base64url'),
    message: passphrase.slice(0, passphraseChars.max * 2).normalize('NFC'),
  });
  return timingSafeEqual(actual, expected);
}

/** For secrets that are random already (tokens, codes): a plain hash is enough, and quick. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** 256 random bits, for tokens and links. */
export const newSecret = (): string => randomBytes(32).toString('base64url');
