import { z } from 'zod';
import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import type { Config } from '../config.ts';
import { socketFile, takeLock } from '../host/lock.ts';
import { askRunningServer, type CommandHandlers } from '../host/socket.ts';
import { controls } from '../receipts/control.ts';
import type { Surroundings } from './command.ts';
import {
  type ControlAnswer,
  controlHost,
  type DeliveriesAnswer,
  type ExplainAnswer,
  explainHost,
  listDeliveries,
} from './delivering.ts';
import type { WritingHost } from './host-door.ts';

/**
 * Commands that write ask the running server; when none runs they take its lock and write themselves (DESIGN section 6).
 * Both ways run the same functions, the ones of `writes`.
 */

/** The requests by name. They come from a file that only our own system user can open, and are read strictly all the same. */
const requests = {
  setup: z.strictObject({
    domain: z.string(),
    handle: z.string(),
    displayName: z.string().optional(),
    passphrase: z.string(),
    language: z.enum(['en', 'fr']),
    newIdentity: z.boolean(),
  }),
  token: z.strictObject({ handle: z.string(), scopes: z.string() }),
  passphrase: z.strictObject({ handle: z.string(), passphrase: z.string() }),
  status: z.strictObject({}),
  deliveries: z.strictObject({ place: z.string().optional(), post: z.string().optional() }),
  explain: z.strictObject({ host: z.string(), place: z.string().optional() }),
  control: z.strictObject({ what: z.enum(controls), host: z.string(), place: z.string().optional() }),
} as const;

/** What each is answered. */
export interface Answers {
  readonly setup: { readonly origin: string; readonly codes: readonly string[] };
  readonly token: string;
  readonly passphrase: null;
  readonly status: {
    readonly places: readonly { readonly domain: string; readonly origin: string; readonly people: number }[];
  };
  readonly deliveries: DeliveriesAnswer;
  readonly explain: ExplainAnswer;
  readonly control: ControlAnswer;
}

export type Asked = keyof typeof requests;
type RequestOf<Name extends Asked> = z.infer<(typeof requests)[Name]>;
type Write<Name extends Asked> = (
  host: WritingHost,
  request: RequestOf<Name>,
) => Promise<Result<Answers[Name], CanariError>>;

const writes: { readonly [Name in Asked]: Write<Name> } = {
  async setup(host, request) {
    const done = await host.setUp(request);
    return done.ok ? ok({ origin: done.value.place.identity.origin, codes: done.value.codes }) : done;
  },
  token: (host, { handle, scopes }) => host.issueToken(handle, scopes),
  async passphrase(host, { handle, passphrase }) {
    const done = await host.changePassphrase(handle, passphrase);
    return done.ok ? ok(null) : done;
  },
  async status(host) {
    const places = host.places().map(async ({ identity: { domain, origin }, store }) => {
      return { domain, origin, people: await store.people.count() };
    });
    return ok({ places: await Promise.all(places) });
  },
  deliveries: listDeliveries,
  explain: explainHost,
  control: controlHost,
};

/** What the server answers to commands on its socket. One at a time: two setups at once would both find nobody there. */
export function answerCommands(host: WritingHost): CommandHandlers {
  let last: Promise<unknown> = Promise.resolve();
  const handlers = (Object.keys(requests) as Asked[]).map((name) => {
    const handler = (request: unknown) => {
      const done = last.then(() => write(host, name, request));
      last = done.catch(() => undefined);
      return done;
    };
    return [name, handler] as const;
  });
  return Object.fromEntries(handlers);
}

async function write<Name extends Asked>(host: WritingHost, name: Name, request: unknown): Promise<Answers[Name]> {
  const read = requests[name].safeParse(request);
  if (!read.success) throw notUnderstood(name);
  const done = await (writes[name] as Write<Name>)(host, read.data as RequestOf<Name>);
  if (!done.ok) throw done.error;
  return done.value;
}

/** How long a command waits for a server that is starting or stopping. */
const patienceMs = 8_000;

/**
 * Has it done by the running server, or does it here when none runs.
 * Fails with what the host says, and with `CANARI_FOLDER_…`, `CANARI_SOCKET_NOT_YOURS`, `CANARI_SERVER_SILENT`.
 */
export async function ask<Name extends Asked>(
  around: Surroundings,
  config: Config,
  name: Name,
  request: RequestOf<Name>,
): Promise<Result<Answers[Name], CanariError>> {
  const deadline = around.clock.monotonic() + patienceMs;
  for (;;) {
    const asked = await askRunningServer(socketFile(config.dataFolder), { command: name, request });
    if (asked.ok) return ok(asked.value as Answers[Name]);
    if (asked.error !== 'not-running') return failed(asked.error);
    const lock = takeLock(config.dataFolder);
    if (lock.ok) {
      try {
        return await writeHere(around, config, name, request);
      } finally {
        lock.value.release();
      }
    }
    // Somebody holds the folder and does not listen: a server that starts or stops, or another command. The try itself took 250 ms.
    if (lock.error.code !== 'CANARI_FOLDER_HELD' || around.clock.monotonic() > deadline) return lock;
  }
}

async function writeHere<Name extends Asked>(
  around: Surroundings,
  config: Config,
  name: Name,
  request: RequestOf<Name>,
) {
  const running = await (await around.openDoor()).start(config, { serving: false });
  try {
    return ok(await write(running.host, name, request));
  } catch (error) {
    if (error instanceof CanariError) return failed(error);
    throw error;
  } finally {
    await running.stop();
  }
}

const notUnderstood = (name: string) =>
  new CanariError('CANARI_COMMAND_UNKNOWN', `the running server does not understand this ${name}`, {
    hint: 'It is another version of Canari: restart it.',
    values: { command: name },
  });
