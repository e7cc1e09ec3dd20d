// One metric of one or several runs over its steps or the time.
import FormField from '@cloudscape-design/components/form-field';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Slider from '@cloudscape-design/components/slider';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Problem } from '../parts/basics';
import { Chart } from './chart';
import { smooth, timeSeries } from './options';
import type { Axis } from './points';
import { readPoints } from './points';

export interface Run {
  name: string;
  arn: string;
  running: boolean;
}

const lookAgain = 3000;

export function SeriesChart({ metric, runs, onRemove }: { metric: string; runs: Run[]; onRemove?: () => void }) {
  const [axis, setAxis] = useState<Axis>('step');
  const [weight, setWeight] = useState(0);
  const [log, setLog] = useState(false);
  const found = useQueries({
    queries: runs.map((run) => ({
      queryKey: ['points', run.arn, metric, axis],
      queryFn: ({ signal }: { signal: AbortSignal }) => readPoints(run.arn, metric, axis, signal),
      refetchInterval: run.running ? lookAgain : (false as const),
    })),
    combine: (results) => ({
      lines: results.map((result) => result.data),
      error: results.find((result) => result.error)?.error,
    }),
  });
  const time = found.lines.some((line) => line?.time);
  const option = useMemo(() => {
    const lines = runs.map((run, index) => ({ name: run.name, points: smooth(found.lines[index]?.points ?? [], weight) }));
    return timeSeries(lines, { x: time ? 'Time' : 'Step', y: metric, time, log });
  }, [runs, found.lines, weight, time, log, metric]);
  const rows = () => [['run', time ? 'milliseconds' : 'step', metric], ...runs.flatMap((run, index) => (found.lines[index]?.points ?? []).map(([x, y]) => [run.name, x, y]))];
  return (
    <Chart
      title={metric}
      option={option}
      rows={rows}
      points={found.lines.reduce((sum, line) => sum + (line?.points.length ?? 0), 0)}
      onRemove={onRemove}
      controls={
        <>
          <Problem error={found.error} />
          <SpaceBetween direction="horizontal" size="l">
            <SegmentedControl
              label="Horizontal axis"
              selectedId={axis}
              options={[{ id: 'step', text: 'Step' }, { id: 'time', text: 'Time' }]}
              onChange={(event) => setAxis(event.detail.selectedId as Axis)}
            />
            <Toggle checked={log} onChange={(event) => setLog(event.detail.checked)}>
              Logarithmic
            </Toggle>
            <FormField label="Smoothing">
              <Slider value={weight} min={0} max={0.99} step={0.01} hideFillLine ariaLabel="Smoothing" onChange={(event) => setWeight(event.detail.value)} />
            </FormField>
          </SpaceBetween>
        </>
      }
    />
  );
}
