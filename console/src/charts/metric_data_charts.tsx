// Charts of CloudWatch's metrics: over a span that is chosen, or the time of something that has a start and an end. Looked up again while they are shown.
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { Problem } from '../parts/basics';
import { Chart } from './chart';
import type { MetricSeries, Span } from './metric_data';
import { readMetricData, spans, timesOf } from './metric_data';
import type { Line } from './options';
import { timeSeries } from './options';

export interface MetricChart {
  title: string;
  unit: string;
  series: MetricSeries[];
}

const lookAgain = 5000;

export function SpanCharts({ charts, empty }: { charts: MetricChart[]; empty: ReactNode }) {
  const [span, setSpan] = useState<Span>(spans[1] as Span);
  return (
    <SpaceBetween size="l">
      <SegmentedControl
        label="Time span"
        selectedId={String(span.seconds)}
        options={spans.map((one) => ({ id: String(one.seconds), text: one.label }))}
        onChange={(event) => setSpan(spans.find((one) => String(one.seconds) === event.detail.selectedId) ?? span)}
      />
      <Charts charts={charts} name={String(span.seconds)} times={() => timesOf(span)} period={span.period} live empty={empty} />
    </SpaceBetween>
  );
}

// From `start` to `end`, or until now.
export function TimeCharts({ charts, start, end, empty }: { charts: MetricChart[]; start: number; end: number | undefined; empty: ReactNode }) {
  const times = (): [number, number] => [Math.floor(start / 60) * 60, Math.ceil((end ?? Date.now() / 1000) / 60 + 1) * 60];
  return <Charts charts={charts} name={`${start} ${end}`} times={times} period={60} live={end === undefined} empty={empty} />;
}

interface Props {
  charts: MetricChart[];
  name: string; // tells the times from others
  times: () => [start: number, end: number];
  period: number;
  live: boolean;
  empty: ReactNode;
}

function Charts({ charts, name, times, period, live, empty }: Props) {
  const all = charts.flatMap((chart) => chart.series);
  const found = useQuery({
    queryKey: ['metric-data', all, name],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const [start, end] = times();
      return { lines: await readMetricData(all, start, end, period, signal), range: [start * 1000, end * 1000] as [number, number] };
    },
    refetchInterval: live ? lookAgain : false,
  });
  let place = 0;
  const drawn = charts.flatMap((chart) => {
    const lines = (found.data?.lines ?? []).slice(place, place + chart.series.length);
    place += chart.series.length;
    return lines.some((line) => line.points.length > 0) ? [{ chart, lines }] : [];
  });
  return (
    <SpaceBetween size="l">
      <Problem error={found.error} />
      {found.data && drawn.length === 0 ? empty : null}
      {drawn.map(({ chart, lines }) => (
        <One key={chart.title} chart={chart} lines={lines} range={found.data?.range} />
      ))}
    </SpaceBetween>
  );
}

function One({ chart, lines, range }: { chart: MetricChart; lines: Line[]; range: [number, number] | undefined }) {
  const text = JSON.stringify({ lines, range });
  // The same figures are the same object, or every look would draw the chart anew.
  const option = useMemo(() => {
    const read = JSON.parse(text) as { lines: Line[]; range?: [number, number] };
    return timeSeries(read.lines, { x: '', y: chart.unit, time: true, log: false, range: read.range });
  }, [text, chart.unit]);
  return <Chart title={chart.title} option={option} rows={() => [['series', 'milliseconds', chart.unit], ...lines.flatMap((line) => line.points.map(([x, y]) => [line.name, x, y]))]} />;
}
