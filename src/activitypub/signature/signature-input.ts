import { failed, ok, type Result } from '../../base/result.ts';
import type { SignatureFailure } from './request.ts';

/** The one member of a `Signature-Input` header (RFC 9421 section 4.1). */
export interface SignatureInput {
  readonly label: string;
  readonly components: readonly string[];
  /** In the order written, which the signature base repeats. */
  readonly parameters: ReadonlyMap<string, string | number>;
}

const mostComponents = 32;
const mostParameters = 8;

/**
 * Reads `sig1=("@method" "@target-uri" "content-digest");created=1700000000;keyid="https://…"`: one signature, components without
 * parameters, parameters that are strings or integers. The part of Structured Fields (RFC 9651) that signers of the Fediverse use;
 * all else is refused rather than half understood.
 */
export function readSignatureInput(line: string): Result<SignatureInput, SignatureFailure> {
  const head = /^([a-z*][a-z0-9_.*-]{0,63})=\(([^()]*)\)/.exec(line);
  if (!head) return failed('malformed');
  const [whole, label = '', list = ''] = head;
  const components: string[] = [];
  for (const word of list.split(' ').filter((part) => part !== '')) {
    // A component with parameters (`"x";bs`) is read in another way than it looks.
    const component = /^"(@?[a-z0-9!#$%&'*+.^_`|~-]+)"$/.exec(word)?.[1];
    if (component === undefined || components.length >= mostComponents) return failed('malformed');
    if (components.includes(component)) return failed('duplicate-parameter');
    components.push(component);
  }
  const parameters = readParameters(line.slice(whole.length));
  return parameters.ok ? ok({ label, components, parameters: parameters.value }) : parameters;
}

function readParameters(text: string): Result<Map<string, string | number>, SignatureFailure> {
  const parameters = new Map<string, string | number>();
  const pattern = /; *([a-z*][a-z0-9_.*-]*)=(?:"((?:[\u0020-\u0021\u0023-\u005b\u005d-\u007e]|\\["\\])*)"|(\d{1,15}))/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match || parameters.size >= mostParameters) return failed('malformed');
    const [, name = '', quoted, number] = match;
    if (parameters.has(name)) return failed('duplicate-parameter');
    parameters.set(name, quoted === undefined ? Number(number) : quoted.replace(/\\(["\\])/g, '$1'));
  }
  return ok(parameters);
}

/** Writes the value of `@signature-params`: the components and parameters in the form that both sides sign. */
export function renderSignatureParams(input: Pick<SignatureInput, 'components' | 'parameters'>): string {
  const list = input.components.map((component) => `"${component}"`).join(' ');
  const parameters = [...input.parameters].map(([name, value]) =>
    typeof value === 'number' ? `;${name}=${value}` : `;${name}="${value.replace(/["\\]/g, '\\$&')}"`,
  );
  return `(${list})${parameters.join('')}`;
}

/** Reads `sig1=:…:`, the header that carries the bytes. Exactly the member that `label` names. */
export function readSignatureBytes(line: string, label: string): Result<Buffer, SignatureFailure> {
  const match = /^([a-z*][a-z0-9_.*-]{0,63})=:([A-Za-z0-9+/]{1,4000}={0,2}):$/.exec(line);
  return match && match[1] === label ? ok(Buffer.from(match[2]!, 'base64')) : failed('malformed');
}
