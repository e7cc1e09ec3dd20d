// Charts of CloudWatch's metrics over a span that is chosen, looked up again while they are shown.
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMemo, useState } from 'react';
import { Problem } from '../parts/basics';
import { Chart } from './chart';
import type { MetricSeries, Span } from './metric_data';
import { readMetricData, spans } from './metric_data';
import type { Line } from './options';
import { timeSeries } from './options';

export interface MetricChart {
  title: string;
  unit: string;
  series: MetricSeries[];
}

const lookAgain = 5000;

export function MetricDataCharts({ charts, empty }: { charts: MetricChart[]; empty: ReactNode }) {
  const [span, setSpan] = useState<Span>(spans[1] as Span);
  const all = charts.flatMap((chart) => chart.series);
  const found = useQuery({
    queryKey: ['metric-data', all, span.seconds],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => readMetricData(all, span, signal),
    refetchInterval: lookAgain,
  });
  const places = charts.map((_, index) => charts.slice(0, index).reduce((sum, chart) => sum + chart.series.length, 0));
  const any = found.data?.some((line) => line.points.length > 0);
  return (
    <SpaceBetween size="l">
      <Problem error={found.error} />
      <SegmentedControl
        label="Time span"
        selectedId={String(span.seconds)}
        options={spans.map((one) => ({ id: String(one.seconds), text: one.label }))}
        onChange={(event) => setSpan(spans.find((one) => String(one.seconds) === event.detail.selectedId) ?? span)}
      />
      {found.data && !any ? empty : null}
      {found.data && any
        ? charts.map((chart, index) => <One key={chart.title} chart={chart} lines={found.data.slice(places[index], (places[index] ?? 0) + chart.series.length)} />)
        : null}
    </SpaceBetween>
  );
}

function One({ chart, lines }: { chart: MetricChart; lines: Line[] }) {
  const text = JSON.stringify(lines);
  // The same figures are the same object, or every look would draw the chart anew.
  const option = useMemo(() => timeSeries(JSON.parse(text) as Line[], { x: '', y: chart.unit, time: true, log: false }), [text, chart.unit]);
  return <Chart title={chart.title} option={option} rows={() => [['series', 'milliseconds', chart.unit], ...lines.flatMap((line) => line.points.map(([x, y]) => [line.name, x, y]))]} />;
}
