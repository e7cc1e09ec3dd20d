// What the hosts of a job use: CPU, memory, disk and GPUs over its time.
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import { useState } from 'react';
import type { MetricChart } from '../charts/metric_data_charts';
import { TimeCharts } from '../charts/metric_data_charts';
import { Empty } from './basics';

const mostHosts = 20;

const metrics = [
  ['CPU utilization', 'CPUUtilization'],
  ['Memory utilization', 'MemoryUtilization'],
  ['Disk utilization', 'DiskUtilization'],
  ['GPU utilization', 'GPUUtilization'],
] as const;

export function hostCharts(space: string, job: string, hosts: number): MetricChart[] {
  const names = Array.from({ length: Math.min(hosts, mostHosts) }, (_, index) => `algo-${index + 1}`);
  return metrics.map(([title, metric]) => ({
    title,
    unit: 'Percent',
    series: names.map((name) => ({ label: name, space, metric, dimensions: { Host: `${job}/${name}` }, stat: 'Average' })),
  }));
}

interface Props {
  group: string; // the log group of its kind, which is the namespace of its metrics, too
  job: string;
  hosts: number | undefined;
  start: number | undefined;
  end: number | undefined;
}

export function JobMonitor({ group, job, hosts, start, end }: Props) {
  const [open, setOpen] = useState(false);
  if (start === undefined) return null;
  return (
    <ExpandableSection
      variant="container"
      headerText="Instance metrics"
      headerDescription="One figure a minute; a job of a few seconds has none"
      expanded={open}
      onChange={(event) => setOpen(event.detail.expanded)}
    >
      {open ? <TimeCharts charts={hostCharts(group, job, hosts ?? 1)} start={start} end={end} empty={<Empty what="figures" />} /> : null}
    </ExpandableSection>
  );
}
