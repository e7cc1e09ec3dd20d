// The points of a metric of several trial components or jobs, as BatchGetMetrics gives them.
import { metrics } from '../aws';
import type { ShapeMetricQuery } from '../generated/sagemaker-metrics';
import type { Axis, Points, Series } from './points';
import { epochMetric, joined, over, toPoints } from './points';

const mostPages = 20;
const together = 5; // queries of a request: a few requests side by side keep the server's cores and the page at work

async function askOnce(queries: ShapeMetricQuery[], signal: AbortSignal): Promise<Points[]> {
  const parts = queries.map((): Points[] => []);
  let open = queries.map((query, place) => ({ query, place }));
  for (let page = 0; page < mostPages && open.length > 0; page += 1) {
    const { MetricQueryResults: results = [] } = await metrics('BatchGetMetrics', { MetricQueries: open.map(({ query }) => query) }, signal);
    open = open.flatMap(({ query, place }, index) => {
      const result = results[index], xs = result?.XAxisValues ?? [];
      parts[place]?.push(toPoints(xs, result?.MetricValues ?? []));
      // Times need not grow with the steps, so there is nowhere to go on from.
      const goesOn = result?.Status === 'Truncated' && query.XAxisType === 'IterationNumber';
      return goesOn ? [{ query: { ...query, Start: (xs.at(-1) ?? 0) + 1 }, place }] : [];
    });
  }
  return parts.map(joined);
}

async function ask(arns: string[], metric: string, by: Pick<ShapeMetricQuery, 'Period' | 'XAxisType'>, signal: AbortSignal): Promise<Points[]> {
  const queries = arns.map((arn): ShapeMetricQuery => ({ MetricName: metric, ResourceArn: arn, MetricStat: 'Avg', ...by }));
  const requests: Promise<Points[]>[] = [];
  for (let first = 0; first < queries.length; first += together) requests.push(askOnce(queries.slice(first, first + together), signal));
  return (await Promise.all(requests)).flat();
}

const bySteps = { Period: 'IterationNumber', XAxisType: 'IterationNumber' } as const;
const byTimesOfSteps = { Period: 'IterationNumber', XAxisType: 'Timestamp' } as const;
const byMinutes = { Period: 'OneMinute', XAxisType: 'Timestamp' } as const;

// By ARN. Metrics that were logged without a step have one point a minute.
export async function readSeries(arns: string[], metric: string, axis: Axis, signal: AbortSignal): Promise<Map<string, Series>> {
  if (axis === 'epoch') {
    const [points, epochs] = await Promise.all([ask(arns, metric, bySteps, signal), ask(arns, epochMetric, bySteps, signal)]);
    return new Map(arns.map((arn, index) => [arn, { points: over(points[index] as Points, epochs[index] as Points), axis }]));
  }
  const found = await ask(arns, metric, axis === 'time' ? byTimesOfSteps : bySteps, signal);
  const series = new Map(arns.map((arn, index): [string, Series] => [arn, { points: found[index] as Points, axis }]));
  const without = arns.filter((_, index) => found[index]?.length === 0);
  const minutes = await ask(without, metric, byMinutes, signal);
  without.forEach((arn, index) => series.set(arn, { points: minutes[index] as Points, axis: 'time' }));
  return series;
}
