// One metric of one or several runs over its steps, its epochs or the time.
import FormField from '@cloudscape-design/components/form-field';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import Slider from '@cloudscape-design/components/slider';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Problem } from '../parts/basics';
import { Chart } from './chart';
import { timeSeries } from './options';
import type { Axis } from './points';
import { countOf, keepEqual, rowsOf, smooth } from './points';
import { readSeries } from './read_series';

export interface Run {
  name: string;
  arn: string;
  running: boolean;
}

const lookAgain = 3000;
const titles: Record<Axis, string> = { step: 'Step', epoch: 'Epoch', time: 'Time' };

// All of them at once: a chart that grew line by line would be drawn as often as it has lines.
function useSeries(runs: Run[], metric: string, axis: Axis, running: boolean) {
  const arns = runs.filter((run) => run.running === running).map((run) => run.arn);
  return useQuery({
    queryKey: ['series', metric, axis, arns],
    enabled: arns.length > 0,
    queryFn: ({ signal }) => readSeries(arns, metric, axis, signal),
    placeholderData: keepPreviousData,
    structuralSharing: keepEqual,
    refetchInterval: running ? lookAgain : false,
  });
}

interface Props {
  metric: string;
  runs: Run[];
  axes: Axis[];
  onRemove?: () => void;
}

export function SeriesChart({ metric, runs, axes, onRemove }: Props) {
  const [axis, setAxis] = useState<Axis>('step');
  const [weight, setWeight] = useState(0);
  const [log, setLog] = useState(false);
  const ended = useSeries(runs, metric, axis, false), running = useSeries(runs, metric, axis, true);
  const lines = useMemo(
    () =>
      runs.flatMap((run) => {
        const series = ended.data?.get(run.arn) ?? running.data?.get(run.arn);
        return series ? [{ name: run.name, ...series }] : [];
      }),
    [runs, ended.data, running.data],
  );
  const over = lines.some((line) => line.axis === 'time') ? 'time' : (lines[0]?.axis ?? axis);
  const option = useMemo(
    () => timeSeries(lines.map((line) => ({ name: line.name, points: smooth(line.points, weight) })), { x: titles[over], y: metric, time: over === 'time', log }),
    [lines, over, weight, log, metric],
  );
  const rows = () => [['run', over === 'time' ? 'milliseconds' : over, metric], ...lines.flatMap((line) => rowsOf(line.points).map(([x, y]) => [line.name, x, y]))];
  return (
    <Chart
      title={metric}
      option={option}
      rows={rows}
      points={lines.reduce((sum, line) => sum + countOf(line.points), 0)}
      onRemove={onRemove}
      controls={
        <>
          <Problem error={ended.error ?? running.error} />
          <SpaceBetween direction="horizontal" size="l">
            <SegmentedControl
              label="Horizontal axis"
              selectedId={axis}
              options={axes.map((id) => ({ id, text: titles[id] }))}
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
