// From runs and their figures to what ECharts draws. Pure functions.
import type { EChartsCoreOption } from 'echarts/core';
import type { Points } from './points';
import { countOf, drawable } from './points';

export type Point = [x: number, y: number];

export interface Line {
  name: string; // of the run
  points: Points;
}

// What tells something when the pointer is over it is drawn, not written into the page: names are of users.
const tooltip = { renderMode: 'richText', confine: true } as const;
const grid = { left: 64, right: 24, top: 40, bottom: 48 };
const gridOverZoom = { ...grid, bottom: 80 };

export function timeSeries(lines: Line[], axis: { x: string; y: string; time: boolean; log: boolean; range?: [number, number] }): EChartsCoreOption {
  return {
    animation: false,
    tooltip: { ...tooltip, trigger: lines.length > 1 ? 'item' : 'axis' },
    legend: { type: 'scroll', top: 0 },
    grid: gridOverZoom,
    dataZoom: [{ type: 'slider', bottom: 8, height: 20 }, { type: 'inside', zoomOnMouseWheel: 'shift' }],
    xAxis: { type: axis.time ? 'time' : 'value', name: axis.x, nameLocation: 'middle', nameGap: 24, min: axis.range?.[0] ?? 'dataMin', max: axis.range?.[1] ?? 'dataMax' },
    yAxis: { type: axis.log ? 'log' : 'value', name: axis.y, scale: true },
    series: lines.map((line) => ({
      type: 'line',
      name: line.name,
      data: drawable(line.points, axis.log),
      dimensions: ['x', 'y'], // without it ECharts' development build refuses arrays of numbers
      showSymbol: countOf(line.points) < 2,
      sampling: 'lttb',
      emphasis: { focus: 'series' },
      triggerEvent: 'line',
    })),
  };
}

export interface Bin {
  from: number;
  to: number;
  count: number;
}

// Sturges' rule for how many bins.
export function histogram(values: number[]): Bin[] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [];
  const low = finite.reduce((a, b) => Math.min(a, b)), high = finite.reduce((a, b) => Math.max(a, b));
  if (low === high) return [{ from: low, to: high, count: finite.length }];
  const count = Math.ceil(Math.log2(finite.length)) + 1, width = (high - low) / count;
  const bins = Array.from({ length: count }, (_, index) => ({ from: low + index * width, to: low + (index + 1) * width, count: 0 }));
  for (const value of finite) {
    const bin = bins[Math.min(count - 1, Math.floor((value - low) / width))];
    if (bin) bin.count += 1;
  }
  return bins;
}

// Minimum, quartiles and maximum, between neighbours by their distance.
export function quartiles(values: number[]): [number, number, number, number, number] | undefined {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = (share: number) => {
    const place = share * (sorted.length - 1), below = Math.floor(place);
    const low = sorted[below] as number, high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
    return low + (high - low) * (place - below);
  };
  return [at(0), at(0.25), at(0.5), at(0.75), at(1)];
}

const short = (value: number) => String(Number(value.toPrecision(4)));

export function histogramOption(values: number[], name: string): EChartsCoreOption {
  const bins = histogram(values);
  return {
    animation: false,
    tooltip: { ...tooltip, trigger: 'axis' },
    grid,
    xAxis: { type: 'category', name, nameLocation: 'middle', nameGap: 32, data: bins.map((bin) => `${short(bin.from)} to ${short(bin.to)}`) },
    yAxis: { type: 'value', name: 'Runs', minInterval: 1 },
    series: [{ type: 'bar', name: 'Runs', data: bins.map((bin) => bin.count), barCategoryGap: '4%' }],
  };
}

export function boxOption(values: number[], name: string): EChartsCoreOption {
  const box = quartiles(values);
  return {
    animation: false,
    tooltip: { ...tooltip, trigger: 'item' },
    grid,
    xAxis: { type: 'category', data: [name] },
    yAxis: { type: 'value', scale: true },
    series: [{ type: 'boxplot', name, data: box ? [box] : [] }],
  };
}

// Least squares: y = slope x + offset; nothing for less than two different x.
export function trend(points: Point[]): { slope: number; offset: number } | undefined {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count, meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (count < 2 || spread === 0) return undefined;
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return { slope, offset: meanY - slope * meanX };
}

export interface Dot {
  name: string;
  x: number;
  y: number;
  colour?: number;
}

export function scatterOption(dots: Dot[], names: { x: string; y: string; colour?: string }): EChartsCoreOption {
  const line = trend(dots.map((dot) => [dot.x, dot.y]));
  const xs = dots.map((dot) => dot.x), colours = dots.map((dot) => dot.colour).filter((value): value is number => value !== undefined);
  const ends = line && [Math.min(...xs), Math.max(...xs)].map((x) => [x, line.slope * x + line.offset]);
  return {
    animation: false,
    tooltip: { ...tooltip, trigger: 'item' },
    grid: names.colour ? { ...grid, right: 110 } : grid,
    xAxis: { type: 'value', name: names.x, nameLocation: 'middle', nameGap: 24, scale: true },
    yAxis: { type: 'value', name: names.y, scale: true },
    visualMap: names.colour && colours.length > 0
      ? { type: 'continuous', dimension: 2, seriesIndex: 0, min: Math.min(...colours), max: Math.max(...colours), text: [names.colour, ''], right: 0, top: 'middle', calculable: true }
      : undefined,
    series: [
      { type: 'scatter', symbolSize: 9, data: dots.map((dot) => ({ name: dot.name, value: [dot.x, dot.y, ...(dot.colour === undefined ? [] : [dot.colour])] })) },
      ...(ends ? [{ type: 'line', name: 'Trend', data: ends, showSymbol: false, silent: true, lineStyle: { type: 'dashed' } }] : []),
    ],
  };
}

export function parallelOption(runs: { name: string; values: (number | string | undefined)[] }[], axes: string[]): EChartsCoreOption {
  const numeric = axes.map((_, index) => runs.every((run) => typeof run.values[index] !== 'string'));
  return {
    animation: false,
    tooltip: { ...tooltip, trigger: 'item' },
    parallel: { left: 64, right: 96, top: 48, bottom: 32 },
    parallelAxis: axes.map((name, dim) => ({ dim, name, type: numeric[dim] ? 'value' : 'category', scale: true })),
    series: [{ type: 'parallel', lineStyle: { width: 2, opacity: 0.5 }, data: runs.map((run) => ({ name: run.name, value: run.values.map((value) => value ?? '-') })) }],
  };
}

// The periods between two times (seconds), each with its value, 0 where it has none.
export function fillPeriods(points: Point[], start: number, end: number, period: number): Point[] {
  const known = new Map(points);
  const filled: Point[] = [];
  for (let time = Math.floor(start / period) * period; time < end; time += period) filled.push([time * 1000, known.get(time * 1000) ?? 0]);
  return filled;
}
