// Series of CloudWatch's metrics, as GetMetricData gives them.
import { cloudwatch } from '../aws';
import type { Point } from './options';
import { fillPeriods } from './options';

export interface MetricSeries {
  label: string;
  space: string; // the namespace
  metric: string;
  dimensions: Record<string, string>;
  stat: string; // "Sum", "p99"
  scale?: number; // what the values are multiplied with
  zeros?: boolean; // where there is no value, it is 0: of counts
}

export interface Figures {
  name: string; // its label
  points: Point[];
}

export interface Span {
  seconds: number;
  period: number;
  label: string;
}

export const spans: Span[] = [
  { seconds: 900, period: 60, label: '15 minutes' },
  { seconds: 3600, period: 60, label: '1 hour' },
  { seconds: 6 * 3600, period: 300, label: '6 hours' },
  { seconds: 24 * 3600, period: 300, label: '1 day' },
  { seconds: 7 * 24 * 3600, period: 3600, label: '1 week' },
  { seconds: 30 * 24 * 3600, period: 6 * 3600, label: '1 month' },
];

// The times of the newest periods of a span.
export function timesOf(span: Span, now = Date.now() / 1000): [start: number, end: number] {
  const end = Math.ceil(now / 60) * 60;
  return [Math.floor((end - span.seconds) / span.period) * span.period, end];
}

// Of the time from `start` to `end`, in seconds since 1970.
export async function readMetricData(series: MetricSeries[], start: number, end: number, period: number, signal: AbortSignal): Promise<Figures[]> {
  const values = new Map<string, Point[]>();
  let token: string | undefined;
  do {
    const page = await cloudwatch(
      'GetMetricData',
      {
        StartTime: start,
        EndTime: end,
        ScanBy: 'TimestampAscending',
        NextToken: token,
        MetricDataQueries: series.map((one, index) => ({
          Id: `m${index}`,
          MetricStat: {
            Metric: { Namespace: one.space, MetricName: one.metric, Dimensions: Object.entries(one.dimensions).map(([Name, Value]) => ({ Name, Value })) },
            Period: period,
            Stat: one.stat,
          },
        })),
      },
      signal,
    );
    for (const result of page.MetricDataResults ?? []) {
      const points = values.get(result.Id ?? '') ?? [];
      (result.Timestamps ?? []).forEach((time, index) => points.push([time * 1000, result.Values?.[index] as number]));
      values.set(result.Id ?? '', points);
    }
    token = page.NextToken;
  } while (token);
  return series.map((one, index) => {
    const points = (values.get(`m${index}`) ?? []).map(([time, value]): Point => [time, value * (one.scale ?? 1)]);
    return { name: one.label, points: one.zeros && points.length > 0 ? fillPeriods(points, start, end, period) : points };
  });
}
