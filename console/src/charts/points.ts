// The points of metrics, as BatchGetMetrics gives them.
import { metrics } from '../aws';
import type { ShapeMetricQuery } from '../generated/sagemaker-metrics';
import type { Point } from './options';

export type Axis = 'step' | 'time';

const mostPages = 20;

async function askFor(query: ShapeMetricQuery, signal: AbortSignal): Promise<Point[]> {
  const points: Point[] = [];
  let start = query.Start;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await metrics('BatchGetMetrics', { MetricQueries: [{ ...query, Start: start }] }, signal);
    const result = answer.MetricQueryResults?.[0];
    const xs = result?.XAxisValues ?? [], ys = result?.MetricValues ?? [];
    xs.forEach((x, index) => points.push([x, ys[index] as number]));
    // Times need not grow with the steps, so there is nowhere to go on from.
    if (result?.Status !== 'Truncated' || query.XAxisType !== 'IterationNumber') break;
    start = (xs.at(-1) ?? 0) + 1;
  }
  return points;
}

// Of a trial component or a job. Metrics that were logged without a step have one point a minute.
export async function readPoints(arn: string, metric: string, axis: Axis, signal: AbortSignal): Promise<{ points: Point[]; time: boolean }> {
  const query = { MetricName: metric, ResourceArn: arn, MetricStat: 'Avg' } as const;
  const byStep = await askFor({ ...query, Period: 'IterationNumber', XAxisType: axis === 'time' ? 'Timestamp' : 'IterationNumber' }, signal);
  if (byStep.length > 0) return { points: byStep, time: axis === 'time' };
  return { points: await askFor({ ...query, Period: 'OneMinute', XAxisType: 'Timestamp' }, signal), time: true };
}
