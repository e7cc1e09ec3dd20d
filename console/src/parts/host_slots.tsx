// What of the host jobs have taken, and how many wait: the newest figures of CloudWatch's namespace "Clary".
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import { useQuery } from '@tanstack/react-query';
import { cloudwatch } from '../aws';
import { bytes, figure } from '../format';
import { Problem } from './basics';

const metrics = ['SlotCPUs', 'SlotCPUsUsed', 'SlotMemory', 'SlotMemoryUsed', 'SlotGPUs', 'SlotGPUsUsed', 'JobsWaiting'] as const;
type Metric = (typeof metrics)[number];

const backSeconds = 900; // a figure that does not change is told every five minutes

async function newest(signal: AbortSignal): Promise<Partial<Record<Metric, number>>> {
  const now = Math.ceil(Date.now() / 1000);
  const found = await cloudwatch(
    'GetMetricData',
    {
      StartTime: now - backSeconds,
      EndTime: now + 60,
      ScanBy: 'TimestampDescending',
      MetricDataQueries: metrics.map((metric) => ({ Id: metric.toLowerCase(), MetricStat: { Metric: { Namespace: 'Clary', MetricName: metric }, Period: 1, Stat: 'Average' } })),
    },
    signal,
  );
  const values = new Map((found.MetricDataResults ?? []).map((result) => [result.Id, result.Values?.[0]]));
  return Object.fromEntries(metrics.map((metric) => [metric, values.get(metric.toLowerCase())]));
}

export function HostSlots() {
  const query = useQuery({ queryKey: ['host-slots'], queryFn: ({ signal }) => newest(signal), refetchInterval: 3000 });
  const slots = query.data;
  const bar = (label: string, total: number | undefined, used: number | undefined, write: (value: number) => string) => ({
    label,
    value:
      total === undefined || used === undefined ? (
        '-'
      ) : (
        <ProgressBar value={total > 0 ? (100 * used) / total : 0} ariaLabel={label} additionalInfo={`${write(used)} of ${write(total)} used`} />
      ),
  });
  const gpus = slots?.SlotGPUs ? [bar('GPUs', slots.SlotGPUs, slots.SlotGPUsUsed, figure)] : [];
  return (
    <Container header={<Header variant="h2" description="What running jobs have taken of it">Host</Header>}>
      <Problem error={query.error} />
      <KeyValuePairs
        columns={3 + gpus.length}
        items={[
          bar('CPUs', slots?.SlotCPUs, slots?.SlotCPUsUsed, figure),
          bar('Memory', slots?.SlotMemory, slots?.SlotMemoryUsed, bytes),
          ...gpus,
          { label: 'Jobs waiting for room', value: figure(slots?.JobsWaiting) },
        ]}
      />
    </Container>
  );
}
