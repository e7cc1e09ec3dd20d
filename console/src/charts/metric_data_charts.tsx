// Charts of CloudWatch's metrics: over a span that is chosen, or the time of something that has a start and an end. Looked up again while they are shown.
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { Problem } from '../parts/basics';
import { useSame } from '../parts/same';
import { Chart } from './chart';
import type { Figures, MetricSeries, Span } from './metric_data';
import { readMetricData, spans, timesOf } from './metric_data';
import { timeSeries } from './options';
import { toPoints } from './points';

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
      return { figures: await readMetricData(all, start, end, period, signal), range: [start * 1000, end * 1000] as [number, number] };
    },
    refetchInterval: live ? lookAgain : false,
  });
  let place = 0;
  const drawn = charts.flatMap((chart) => {
    const figures = (found.data?.figures ?? []).slice(place, place + chart.series.length);
    place += chart.series.length;
    return figures.some((one) => one.points.length > 0) ? [{ chart, figures }] : [];
  });
  return (
    <SpaceBetween size="l">
      <Problem error={found.error} />
      {found.data && drawn.length === 0 ? empty : null}
      {drawn.map(({ chart, figures }) => (
        <One key={chart.title} chart={chart} figures={figures} range={found.data?.range} />
      ))}
    </SpaceBetween>
  );
}

function One({ chart, figures, range }: { chart: MetricChart; figures: Figures[]; range: [number, number] | undefined }) {
  // Every look brings them anew, and would draw the chart anew.
  const told = useSame({ figures, range });
  const option = useMemo(() => {
    const lines = told.figures.map(({ name, points }) => ({ name, points: toPoints(points.map(([x]) => x), points.map(([, y]) => y)) }));
    return timeSeries(lines, { x: '', y: chart.unit, time: true, log: false, range: told.range });
  }, [told, chart.unit]);
  return (
    <Chart title={chart.title} option={option} rows={() => [['series', 'milliseconds', chart.unit], ...figures.flatMap((one) => one.points.map(([x, y]) => [one.name, x, y]))]} />
  );
}
