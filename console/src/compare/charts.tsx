// The charts of a comparison.
import { useMemo } from 'react';
import { Chart } from '../charts/chart';
import type { Dot } from '../charts/options';
import { boxOption, histogramOption, parallelOption, scatterOption } from '../charts/options';
import { axesOf } from '../charts/points';
import { SeriesChart } from '../charts/series_chart';
import { useSame } from '../parts/same';
import type { ChartSpec } from './link';
import type { Row } from './runs';
import { titleOf } from './runs';

export const mostLines = 20;

const numberOf = (row: Row, column: string): number | undefined => {
  const cell = row.cells.get(column);
  return typeof cell === 'number' ? cell : undefined;
};

export function ComparisonChart({ spec, rows, onRemove }: { spec: ChartSpec; rows: Row[]; onRemove: () => void }) {
  if (spec.kind === 'series') return <Series metric={spec.metric} rows={rows} onRemove={onRemove} />;
  return <Figures spec={spec} rows={rows} onRemove={onRemove} />;
}

function Series({ metric, rows, onRemove }: { metric: string; rows: Row[]; onRemove: () => void }) {
  const having = rows.filter((row) => row.metrics.includes(metric)).slice(0, mostLines);
  // Every look at the list brings them anew, and would draw the chart anew.
  const runs = useSame(having.map((row) => ({ name: row.title, arn: row.arn, running: row.running })));
  return <SeriesChart metric={metric} runs={runs} axes={axesOf(metric, having.flatMap((row) => row.metrics))} onRemove={onRemove} />;
}

function Figures({ spec, rows, onRemove }: { spec: Exclude<ChartSpec, { kind: 'series' }>; rows: Row[]; onRemove: () => void }) {
  const drawn = useMemo(() => {
    if (spec.kind === 'summary') {
      const values = rows.map((row) => numberOf(row, spec.of)).filter((value): value is number => value !== undefined);
      const title = `${spec.form === 'box' ? 'Box plot' : 'Histogram'} of ${titleOf(spec.of)}`;
      return {
        title,
        option: spec.form === 'box' ? boxOption(values, titleOf(spec.of)) : histogramOption(values, titleOf(spec.of)),
        table: [['run', spec.of], ...rows.map((row) => [row.title, row.cells.get(spec.of)])],
      };
    }
    if (spec.kind === 'scatter') {
      const dots = rows.flatMap((row): Dot[] => {
        const x = numberOf(row, spec.x), y = numberOf(row, spec.y);
        return x === undefined || y === undefined ? [] : [{ name: row.title, x, y, colour: spec.colour ? numberOf(row, spec.colour) : undefined }];
      });
      return {
        title: `${titleOf(spec.y)} by ${titleOf(spec.x)}`,
        option: scatterOption(dots, { x: titleOf(spec.x), y: titleOf(spec.y), colour: spec.colour && titleOf(spec.colour) }),
        table: [['run', spec.x, spec.y, spec.colour], ...dots.map((dot) => [dot.name, dot.x, dot.y, dot.colour])],
      };
    }
    const runs = rows.map((row) => ({ name: row.title, values: spec.axes.map((axis) => row.cells.get(axis)) }));
    return {
      title: `Parallel coordinates of ${spec.axes.map(titleOf).join(', ')}`,
      option: parallelOption(runs, spec.axes.map(titleOf)),
      table: [['run', ...spec.axes], ...runs.map((run) => [run.name, ...run.values])],
    };
  }, [spec, rows]);
  return <Chart title={drawn.title} option={drawn.option} rows={() => drawn.table} onRemove={onRemove} />;
}
