// The charts of one run's metrics: the first few, and any that are chosen.
import Multiselect from '@cloudscape-design/components/multiselect';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo, useState } from 'react';
import { Empty } from '../parts/basics';
import { axesOf } from './points';
import type { Run } from './series_chart';
import { SeriesChart } from './series_chart';

const shownAtFirst = 4;

export function MetricCharts({ run, metrics }: { run: Run; metrics: string[] }) {
  const [chosen, setChosen] = useState<string[]>();
  const runs = useMemo(() => [{ name: run.name, arn: run.arn, running: run.running }], [run.name, run.arn, run.running]);
  const shown = chosen ?? metrics.slice(0, shownAtFirst);
  const option = (name: string) => ({ label: name, value: name });
  if (metrics.length === 0) return <Empty what="metrics" code={'print("loss=0.25;")  # with metric_definitions=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}]'} />;
  return (
    <SpaceBetween size="l">
      {metrics.length > 1 ? (
        <Multiselect
          ariaLabel="Metrics"
          placeholder="Choose metrics"
          filteringType="auto"
          selectedOptions={shown.map(option)}
          options={metrics.map(option)}
          deselectAriaLabel={(one) => `Remove ${one.label}`}
          onChange={(event) => setChosen(event.detail.selectedOptions.map((one) => one.value ?? ''))}
        />
      ) : null}
      {shown.map((metric) => (
        <SeriesChart key={metric} metric={metric} runs={runs} axes={axesOf(metric, metrics)} />
      ))}
    </SpaceBetween>
  );
}
