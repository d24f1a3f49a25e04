import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CanariError } from '../base/errors.ts';
import { failed, ok, type Result } from '../base/result.ts';
import { holdFile } from '../store/exclusive-file.ts';

/** One process at a time writes a data folder (DESIGN section 6): the server, or a command when no server runs. */
export interface HostLock {
  /** Lets the next one in. Also happens when the process ends. */
  release(): void;
}

/** The file whose lock it is; its content means nothing. Not part of a backup. */
export const lockFile = (dataFolder: string): string => join(dataFolder, 'lock');

/** Where the running server listens for commands. */
export const socketFile = (dataFolder: string): string => join(dataFolder, 'commands.sock');

/**
 * Takes the lock of a data folder, making the folder (for this system user only) when it is not there yet. Does not wait.
 * @returns the lock, or `CANARI_FOLDER_HELD` when another process has it, `CANARI_FOLDER_CLOSED` when the folder cannot be written.
 */
export function takeLock(dataFolder: string): Result<HostLock, CanariError> {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    const release = holdFile(lockFile(dataFolder));
    if (release) return ok({ release });
  } catch (error) {
    return failed(
      new CanariError('CANARI_FOLDER_CLOSED', `${dataFolder} cannot be written: ${(error as Error).message}`, {
        hint: 'Give the folder to the system user that runs Canari, or name another one with CANARI_DATA.',
        values: { folder: dataFolder, reason: (error as Error).message },
        cause: error,
      }),
    );
  }
  return failed(
    new CanariError('CANARI_FOLDER_HELD', `another Canari is using ${dataFolder}`, {
      hint: 'Stop the other one first; two at once would damage the place.',
      status: 503,
      values: { folder: dataFolder },
    }),
  );
}
