import { type Html, html, raw } from '../html.ts';

/** How a dot looks; each has a shape of its own, so that no colour is needed to tell them apart. */
export const dotStates = ['accepted', 'way', 'resting', 'refused', 'gone'] as const;
export type DotState = (typeof dotStates)[number];

/** One dot: its state, and how many people it stands for. */
export interface Dot {
  readonly state: DotState;
  readonly weight: number;
}

interface Placed {
  readonly state: DotState;
  readonly radius: number;
  readonly x: number;
  readonly y: number;
}

/** More would weigh more than the rest of the page, and be too small to see. */
export const mostDots = 1_000;
const gap = 2.3;
const smallest = 3;
const largest = 34;
const goldenAngle = Math.PI * (3 - Math.sqrt(5));

/** The radius for so many people: the area tells the number. In halves, then whole units, so that many dots share one path. */
function radiusOf(weight: number): number {
  const exact = Math.max(smallest, Math.min(largest, 1.22 * Math.sqrt(Math.max(0, weight))));
  return exact < 6 ? Math.round(exact * 2) / 2 : Math.round(exact);
}

/**
 * Puts dots on a plane, the largest in the middle: each goes along a spiral of golden angles, outwards until it touches nobody. Places depend
 * on the weights alone, so a dot that changes its state stays where it is. About 10 ms for 1,000 dots.
 */
export function placeDots(dots: readonly Dot[]): { placed: Placed[]; reach: number } {
  const sorted = dots.toSorted((one, other) => other.weight - one.weight).slice(0, mostDots);
  const cells = new Map<number, Placed[]>();
  const cellSize = 2 * smallest + gap;
  const keyOf = (column: number, row: number) => column * 4096 + row;
  const isFree = (x: number, y: number, radius: number) => {
    const far = radius + gap;
    for (let column = Math.floor((x - far) / cellSize); column <= Math.floor((x + far) / cellSize); column++) {
      for (let row = Math.floor((y - far) / cellSize); row <= Math.floor((y + far) / cellSize); row++) {
        for (const other of cells.get(keyOf(column, row)) ?? []) {
          if ((other.x - x) ** 2 + (other.y - y) ** 2 < (other.radius + radius + gap) ** 2) return false;
        }
      }
    }
    return true;
  };
  const keep = (dot: Placed) => {
    const { x, y, radius } = dot;
    for (let column = Math.floor((x - radius) / cellSize); column <= Math.floor((x + radius) / cellSize); column++) {
      for (let row = Math.floor((y - radius) / cellSize); row <= Math.floor((y + radius) / cellSize); row++) {
        const key = keyOf(column, row);
        const own = cells.get(key);
        if (own) own.push(dot);
        else cells.set(key, [dot]);
      }
    }
  };
  let area = 0;
  let before = 0;
  let reach = 0;
  const placed = sorted.map(({ state, weight }, i) => {
    const radius = radiusOf(weight);
    // Further in nearly everything is taken: looking there for each of 1,000 dots would hold up other readers.
    const start = Math.max(Math.sqrt(area / Math.PI) * 0.8, before - 2 * radius);
    for (let step = 0; ; step++) {
      const angle = i * goldenAngle + (step % 12) * (Math.PI / 6);
      const distance = start + Math.floor(step / 12);
      const [x, y] = [distance * Math.cos(angle), distance * Math.sin(angle)];
      if (!isFree(x, y, radius)) continue;
      const dot = { state, radius, x, y };
      keep(dot);
      before = distance;
      area += Math.PI * (radius + gap / 2) ** 2;
      reach = Math.max(reach, Math.hypot(x, y) + radius);
      return dot;
    }
  });
  return { placed, reach };
}

/** A line of no length with a round end is a dot: all dots of one size and state are one path. */
export function renderDotField(
  dots: readonly Dot[],
  words: { title: string; description: string; states: Readonly<Record<DotState, string>> },
): Html {
  const { placed, reach } = placeDots(dots);
  const centre = Math.ceil(reach) + 2;
  const groups = dotStates.map((state) => {
    const bySize = Map.groupBy(
      placed.filter((dot) => dot.state === state),
      ({ radius }) => radius,
    );
    if (bySize.size === 0) return raw('');
    const paths = [...bySize].map(([radius, own]) => pathsOf[state](radius, own, centre)).join('');
    return html`<g class="${state}"><title>${words.states[state]}</title>${raw(paths)}</g>`;
  });
  return html`<svg class="field" viewBox="0 0 ${2 * centre} ${2 * centre}" role="img" aria-labelledby="field-title field-text"><title id="field-title">${words.title}</title><desc id="field-text">${words.description}</desc>${groups}</svg>`;
}

const short = (value: number) => String(Number(value.toFixed(1)));
const path = (width: number, drawn: string, name = '') =>
  `<path${name && ` class="${name}"`} stroke-width="${short(width)}" d="${drawn}"/>`;
const at = (dots: readonly Placed[], centre: number, draw: (x: number, y: number) => string) =>
  dots.map(({ x, y }) => draw(Math.round(x + centre), Math.round(y + centre))).join('');
const points = (dots: readonly Placed[], centre: number) => at(dots, centre, (x, y) => `M${x} ${y}h0`);

const pathsOf: Record<DotState, (radius: number, dots: readonly Placed[], centre: number) => string> = {
  accepted: (radius, dots, centre) => path(2 * radius, points(dots, centre)),
  way: (radius, dots, centre) =>
    path(2 * radius + 0.8, points(dots, centre), 'ring') + path(2 * radius - 1.2, points(dots, centre)),
  resting: (radius, dots, centre) =>
    path(2 * radius, points(dots, centre)) +
    path(2 * radius - Math.min(5, Math.max(2.6, radius * 0.6)), points(dots, centre), 'hole'),
  refused(radius, dots, centre) {
    const arm = radius * 0.7;
    const side = short(2 * arm);
    return path(
      Math.max(1.8, radius * 0.42),
      at(dots, centre, (x, y) => `M${short(x - arm)} ${short(y - arm)}l${side} ${side}m0-${side}l-${side} ${side}`),
    );
  },
  gone: (radius, dots, centre) =>
    path(
      1.6,
      at(dots, centre, (x, y) => `M${short(x - radius)} ${y}h${short(2 * radius)}`),
    ),
};
