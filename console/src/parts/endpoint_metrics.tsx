// How an endpoint does: invocations, errors and latencies of each variant.
import type { MetricSeries } from '../charts/metric_data';
import type { MetricChart } from '../charts/metric_data_charts';
import { SpanCharts } from '../charts/metric_data_charts';
import { Empty } from './basics';

const code = 'predictor.predict(data)  # figures come within seconds, one a minute';

export function endpointCharts(endpoint: string, variants: string[]): MetricChart[] {
  const label = (variant: string, what: string) => (variants.length > 1 ? `${variant} ${what}` : what);
  const each = (metrics: [metric: string, stat: string, text: string][], more: Partial<MetricSeries>): MetricSeries[] =>
    variants.flatMap((variant) =>
      metrics.map(([metric, stat, text]) => ({
        label: label(variant, text),
        space: 'AWS/SageMaker',
        metric,
        dimensions: { EndpointName: endpoint, VariantName: variant },
        stat,
        ...more,
      })),
    );
  return [
    { title: 'Invocations', unit: 'Count', series: each([['Invocations', 'Sum', 'Invocations']], { zeros: true }) },
    {
      title: 'Errors',
      unit: 'Count',
      series: each([['Invocation4XXErrors', 'Sum', '4XX errors'], ['Invocation5XXErrors', 'Sum', '5XX errors']], { zeros: true }),
    },
    {
      title: 'Model latency',
      unit: 'Milliseconds',
      series: each([['ModelLatency', 'p50', 'p50'], ['ModelLatency', 'p90', 'p90'], ['ModelLatency', 'p99', 'p99']], { scale: 0.001 }),
    },
    {
      title: 'Overhead latency',
      unit: 'Milliseconds',
      series: each([['OverheadLatency', 'p50', 'p50'], ['OverheadLatency', 'p99', 'p99']], { scale: 0.001 }),
    },
  ];
}

export function EndpointMetrics({ endpoint, variants }: { endpoint: string; variants: string[] }) {
  return <SpanCharts charts={endpointCharts(endpoint, variants)} empty={<Empty what="invocations in this time" code={code} />} />;
}
