/** Whose doing a failure is: the first thing that a person is told. */
export type Doing = 'yours' | 'theirs' | 'ours';

/**
 * A failure that a person or a peer will read.
 * `code` is stable for machines (`CANARI_…`), `message` is the English sentence for logs, `hint` says what to do.
 * Pages find the sentence in the reader's language by the code.
 */
export class CanariError extends Error {
  readonly code: string;
  readonly doing: Doing;
  /** The HTTP answer that fits; 4xx unless the shortage is ours. */
  readonly status: number;
  readonly hint: string;
  /** Values that the sentence names (a handle, a host, a limit). */
  readonly values: Readonly<Record<string, string | number>>;

  constructor(
    code: string,
    message: string,
    options: {
      doing?: Doing;
      status?: number;
      hint?: string;
      values?: Record<string, string | number>;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CanariError';
    this.code = code;
    this.doing = options.doing ?? 'yours';
    this.status = options.status ?? 422;
    this.hint = options.hint ?? '';
    this.values = options.values ?? {};
  }
}
