import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Dot, dotStates, mostDots, placeDots, renderDotField } from './dot-field.ts';

const words = {
  title: 'Servers & <more>',
  description: 'A dot each',
  states: { accepted: 'A', way: 'W', resting: 'R', refused: 'N', gone: 'G' },
};
/** As places are: few large servers, many small ones. */
const dots = (n: number): Dot[] =>
  Array.from({ length: n }, (_, i) => ({ state: dotStates[i % 5]!, weight: Math.floor(800 / (1 + i)) + 1 }));

describe('the field of dots', () => {
  it('puts no dot on another, whatever their sizes', () => {
    const { placed, reach } = placeDots(dots(700));
    for (const [i, one] of placed.entries()) {
      assert.ok(Math.hypot(one.x, one.y) + one.radius <= reach + 1e-9);
      for (const other of placed.slice(i + 1)) {
        const apart = Math.hypot(one.x - other.x, one.y - other.y) - one.radius - other.radius;
        assert.ok(apart > 2, `${apart}`);
      }
    }
  });

  it('leaves a dot where it is when its state changes', () => {
    const before = placeDots(dots(50)).placed;
    const after = placeDots(dots(50).map((dot) => ({ ...dot, state: 'accepted' }))).placed;
    assert.deepEqual(
      after.map(({ x, y }) => [x, y]),
      before.map(({ x, y }) => [x, y]),
    );
  });

  it('gives each state a shape of its own, and stays small', () => {
    const svg = String(renderDotField(dots(mostDots * 2), words));
    for (const state of dotStates) assert.match(svg, new RegExp(`<g class="${state}"><title>`));
    assert.ok(svg.includes('Servers &amp; &lt;more&gt;'));
    assert.doesNotMatch(svg, /style=|NaN|undefined/);
    assert.ok(svg.length < 40_000, String(svg.length));
  });

  it('draws nothing of no server, and one of one', () => {
    assert.doesNotMatch(String(renderDotField([], words)), /<path/);
    assert.match(String(renderDotField([{ state: 'accepted', weight: 0 }], words)), /d="M5 5h0"/);
  });
});
