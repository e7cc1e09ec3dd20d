// The points of a line: x and y by turns in one array, as ECharts takes them, so that ten thousand points are one object. Pure functions.
export type Points = Float64Array;

// What a line runs over: its steps, the time, or another metric of that name which its run has logged beside it.
export type Axis = 'step' | 'time' | 'epoch';
export const epochMetric = 'epoch';

export const axesOf = (metric: string, metrics: readonly string[]): Axis[] =>
  metric !== epochMetric && metrics.includes(epochMetric) ? ['step', 'epoch', 'time'] : ['step', 'time'];

export interface Series {
  points: Points;
  axis: Axis; // what x is: of metrics without steps the time, whatever was asked for
}

export function toPoints(xs: readonly number[], ys: readonly (number | null | undefined)[]): Points {
  const points = new Float64Array(2 * xs.length);
  for (let i = 0; i < xs.length; i += 1) {
    points[2 * i] = xs[i] ?? NaN;
    points[2 * i + 1] = ys[i] ?? NaN;
  }
  return points;
}

export const countOf = (points: Points): number => points.length / 2;

export function joined(parts: readonly Points[]): Points {
  if (parts.length === 1) return parts[0] as Points;
  const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

export function rowsOf(points: Points): [x: number, y: number][] {
  return Array.from({ length: countOf(points) }, (_, index) => [points[2 * index] as number, points[2 * index + 1] as number]);
}

// Exponential smoothing, corrected for its start as TensorBoard does: 0 leaves the points alone.
export function smooth(points: Points, weight: number): Points {
  if (weight <= 0) return points;
  const smoothed = points.slice();
  let last = 0, debias = 0;
  for (let at = 1; at < points.length; at += 2) {
    const y = points[at] as number;
    if (!Number.isFinite(y)) continue;
    last = last * weight + (1 - weight) * y;
    debias = debias * weight + (1 - weight);
    smoothed[at] = last / debias;
  }
  return smoothed;
}

// A copy without what a logarithmic axis cannot show. What is beyond all numbers breaks the line, and leaves the axis alone.
export function drawable(points: Points, log: boolean): Points {
  const drawn = new Float64Array(points.length);
  let end = 0;
  for (let at = 0; at < points.length; at += 2) {
    const y = points[at + 1] as number;
    if (log && y <= 0) continue;
    drawn[end] = points[at] as number;
    drawn[end + 1] = Number.isFinite(y) ? y : NaN;
    end += 2;
  }
  return drawn.subarray(0, end);
}

// Points by step, over the value that another metric had by then; of those with the same value the mean.
export function over(points: Points, other: Points): Points {
  const sums = new Map<number, { sum: number; count: number }>();
  let at = 0;
  for (let i = 0; i < points.length; i += 2) {
    const step = points[i] as number, y = points[i + 1] as number;
    while (at + 2 < other.length && (other[at + 2] as number) <= step) at += 2;
    if (at >= other.length || (other[at] as number) > step || !Number.isFinite(y)) continue;
    const x = other[at + 1] as number, known = sums.get(x);
    if (!known) sums.set(x, { sum: y, count: 1 });
    else {
      known.sum += y;
      known.count += 1;
    }
  }
  const all = [...sums].sort(([a], [b]) => a - b);
  return toPoints(all.map(([x]) => x), all.map(([, { sum, count }]) => sum / count));
}

function equal(a: Series | undefined, b: Series): boolean {
  return a !== undefined && a.axis === b.axis && a.points.length === b.points.length && a.points.every((value, index) => Object.is(value, b.points[index]));
}

// Of series that were looked up again and are what they were the old ones, which are drawn already.
export function keepEqual(old: unknown, now: unknown): unknown {
  if (!(old instanceof Map) || !(now instanceof Map) || old.size !== now.size) return now;
  for (const [name, series] of now as Map<string, Series>) if (!equal((old as Map<string, Series>).get(name), series)) return now;
  return old;
}
