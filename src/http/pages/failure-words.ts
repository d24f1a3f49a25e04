import type { CanariError } from '../../base/errors.ts';
import type { RemoteFailure } from '../../remote/remote.ts';
import type { Words } from './words/words.ts';

/** A failure in the reader's language. */
export interface FailureSentences {
  readonly doing: string;
  readonly title: string;
  readonly text: string;
  readonly hint: string | undefined;
  /** The exact words of a machine, when our own do not say it all. */
  readonly exact: string | undefined;
}

/** By the code; an unknown code gets general words and, when it is not ours, its own sentence beside them. */
export function describeFailure(words: Words, error: CanariError): FailureSentences {
  const host = error.values.host;
  const doing =
    error.doing === 'theirs' && typeof host === 'string' ? words.doing.theirsNamed(host) : words.doing[error.doing];
  const known = Object.hasOwn(words.failures, error.code) ? words.failures[error.code] : undefined;
  if (known) return { doing, hint: undefined, exact: undefined, ...known(error.values) };
  return {
    doing,
    title: words.error.generic[error.doing],
    text: words.error.genericText[error.doing],
    hint: error.doing === 'ours' ? words.error.again : undefined,
    exact: error.doing === 'ours' ? undefined : `${error.message}${error.hint ? ` ${error.hint}` : ''}`,
  };
}

/** Why another server could not be asked. */
export function describeRemoteFailure(words: Words, failure: RemoteFailure): FailureSentences {
  const isYours =
    failure.reason === 'not-federating' || failure.reason === 'bad-handle' || failure.reason === 'not-found';
  const doing = isYours ? words.doing.yours : words.doing.theirsNamed(failure.host);
  return { doing, ...words.remote[failure.reason](failure.host), exact: failure.words || undefined };
}
