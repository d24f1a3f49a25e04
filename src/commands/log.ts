import { configure, getTextFormatter, type LogRecord } from '@logtape/logtape';
import type { LogLevel } from '../config.ts';

/** Sends the log of this process to standard error, one line each, from a level on. Worker threads write through their own. */
export async function configureLog(level: LogLevel, write: (text: string) => void): Promise<void> {
  const format = getTextFormatter({ timestamp: 'rfc3339' });
  await configure({
    reset: true,
    sinks: { standardError: (record: LogRecord) => write(format(record)) },
    loggers: [
      { category: ['canari'], lowestLevel: level, sinks: ['standardError'] },
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['standardError'] },
    ],
  });
}
