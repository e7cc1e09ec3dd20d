import { describe, expect, test } from 'vitest';
import type { Series } from './points';
import { axesOf, countOf, drawable, joined, keepEqual, over, rowsOf, smooth, toPoints } from './points';

const points = (...all: [x: number, y: number][]) => toPoints(all.map(([x]) => x), all.map(([, y]) => y));

describe('points of a line', () => {
  test('are pairs, and what is not there is no number', () => {
    const some = toPoints([1, 2, 3], [5, null, undefined]);
    expect(countOf(some)).toBe(3);
    expect(rowsOf(some)).toEqual([[1, 5], [2, NaN], [3, NaN]]);
    expect(rowsOf(joined([points([1, 2]), points(), points([3, 4])]))).toEqual([[1, 2], [3, 4]]);
    expect(joined([])).toHaveLength(0);
  });

  test('smoothing keeps a constant and the first point', () => {
    const constant = points([0, 3], [1, 3], [2, 3]);
    expect(smooth(constant, 0)).toBe(constant);
    rowsOf(smooth(constant, 0.9)).forEach(([, y]) => expect(y).toBeCloseTo(3));
    const [first, second, gap, last] = rowsOf(smooth(points([0, 0], [1, 1], [2, NaN], [3, 1]), 0.5));
    expect(first).toEqual([0, 0]);
    expect(second?.[1]).toBeCloseTo(2 / 3);
    expect(gap).toEqual([2, NaN]);
    expect(last?.[1]).toBeCloseTo(6 / 7);
  });

  test('are drawn without what an axis cannot show', () => {
    const some = points([0, -1], [1, 0], [2, 4], [3, Infinity], [4, NaN]);
    expect(rowsOf(drawable(some, false))).toEqual([[0, -1], [1, 0], [2, 4], [3, NaN], [4, NaN]]);
    expect(rowsOf(drawable(some, true))).toEqual([[2, 4], [3, NaN], [4, NaN]]);
    expect(some[7]).toBe(Infinity);
  });

  test('run over another metric, by the mean of what it shares', () => {
    const epochs = points([2, 1], [4, 2], [9, 3]);
    expect(rowsOf(over(points([0, 100], [2, 1], [3, 3], [4, 5], [8, 7], [20, 9]), epochs))).toEqual([[1, 2], [2, 6], [3, 9]]);
    expect(over(points([0, 1]), points())).toHaveLength(0);
    expect(over(points(), epochs)).toHaveLength(0);
  });

  test('run over epochs where these were logged', () => {
    expect(axesOf('loss', ['loss', 'epoch'])).toEqual(['step', 'epoch', 'time']);
    expect(axesOf('epoch', ['loss', 'epoch'])).toEqual(['step', 'time']);
    expect(axesOf('loss', ['loss'])).toEqual(['step', 'time']);
  });
});

test('series that have not changed stay the same', () => {
  const series = (y: number) => new Map<string, Series>([['a', { points: points([0, NaN], [1, y]), axis: 'step' }]]);
  const old = series(1);
  expect(keepEqual(old, series(1))).toBe(old);
  for (const now of [series(2), new Map(), new Map([...series(1), ['b', { points: points(), axis: 'step' as const }]])]) expect(keepEqual(old, now)).toBe(now);
  expect(keepEqual(undefined, old)).toBe(old);
});
