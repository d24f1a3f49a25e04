import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Holds a file for this process alone until it is let go or the process ends, however it ends: the kernel gives the lock back.
 * Node offers no file lock of its own; an empty SQLite file has one that is atomic, so that of two starters exactly one wins.
 * (Removing the stale socket or pid file of a killed process is a race: two that clean up at once both believe that they won.)
 * The lock is lost when this same process opens and closes the file in another way (POSIX): backups must leave it out.
 * @returns the function that lets go, or undefined when another process holds it.
 */
export function holdFile(file: string): (() => void) | undefined {
  const sqlite = new DatabaseSync(file, { timeout: startersMeetMs });
  try {
    chmodSync(file, 0o600);
    sqlite.exec('begin exclusive');
  } catch (error) {
    sqlite.close();
    if ((error as { errcode?: number }).errcode === busy) return undefined;
    throw error;
  }
  held.add(sqlite);
  return () => {
    if (held.delete(sqlite)) sqlite.close();
  };
}

/** Keeps the connections from the garbage collector, which closes them and so gives the lock away (seen after 0.1 s). */
const held = new Set<DatabaseSync>();

/**
 * SQLite takes an exclusive lock in steps, and without a wait each of several starters may stop at the step of another, so that none
 * wins. A step takes microseconds; a lock that is really held costs the caller this long.
 */
const startersMeetMs = 250;

/** SQLITE_BUSY. */
const busy = 5;
