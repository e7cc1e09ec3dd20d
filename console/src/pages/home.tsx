// What runs, what serves, and what failed lately.
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { sagemaker } from '../aws';
import { Link, Moment, Plain, Problem, Status } from '../parts/basics';
import { Rows } from '../parts/details';
import { usePlace } from '../parts/frame';

interface Entry {
  path: string;
  name: string;
  kind: string;
  status: string;
  created: number;
}

const newest = { MaxResults: 10, SortBy: 'CreationTime', SortOrder: 'Descending' } as const;

async function jobs(status: 'InProgress' | 'Failed', signal: AbortSignal): Promise<Entry[]> {
  const [training, processing] = await Promise.all([
    sagemaker('ListTrainingJobs', { ...newest, StatusEquals: status }, signal),
    sagemaker('ListProcessingJobs', { ...newest, StatusEquals: status }, signal),
  ]);
  const all = [
    ...training.TrainingJobSummaries.map((job) => ({ path: '/training-jobs', name: job.TrainingJobName, kind: 'Training', status: job.TrainingJobStatus, created: job.CreationTime })),
    ...processing.ProcessingJobSummaries.map((job) => ({ path: '/processing-jobs', name: job.ProcessingJobName, kind: 'Processing', status: job.ProcessingJobStatus, created: job.CreationTime })),
  ];
  return all.sort((a, b) => b.created - a.created).slice(0, 10);
}

// A list does not tell why a job failed; its description does.
async function failures(signal: AbortSignal): Promise<(Entry & { reason?: string })[]> {
  const failed = (await jobs('Failed', signal)).slice(0, 5);
  return Promise.all(
    failed.map(async (job) => ({
      ...job,
      reason:
        job.kind === 'Training'
          ? (await sagemaker('DescribeTrainingJob', { TrainingJobName: job.name }, signal)).FailureReason
          : (await sagemaker('DescribeProcessingJob', { ProcessingJobName: job.name }, signal)).FailureReason,
    })),
  );
}

const link = (entry: Entry) => <Link to={`${entry.path}/${encodeURIComponent(entry.name)}`}>{entry.name}</Link>;

export function Home() {
  usePlace();
  const running = useQuery({ queryKey: ['home', 'running'], queryFn: ({ signal }) => jobs('InProgress', signal), refetchInterval: 3000 });
  const failed = useQuery({ queryKey: ['home', 'failed'], queryFn: ({ signal }) => failures(signal), refetchInterval: 10_000 });
  const endpoints = useQuery({ queryKey: ['home', 'endpoints'], queryFn: ({ signal }) => sagemaker('ListEndpoints', newest, signal), refetchInterval: 5000 });
  return (
    <SpaceBetween size="l">
      <Header variant="h1">Home</Header>
      <Problem error={running.error ?? failed.error ?? endpoints.error} />
      <Rows
        title="Running jobs"
        loading={running.isPending}
        items={running.data ?? []}
        columns={[
          { name: 'Name', cell: link },
          { name: 'Kind', cell: (job) => job.kind },
          { name: 'Status', cell: (job) => <Status status={job.status} /> },
          { name: 'Created', cell: (job) => <Moment time={job.created} /> },
        ]}
      />
      <Rows
        title="Endpoints"
        loading={endpoints.isPending}
        items={endpoints.data?.Endpoints ?? []}
        columns={[
          { name: 'Name', cell: (endpoint) => <Link to={`/endpoints/${encodeURIComponent(endpoint.EndpointName)}`}>{endpoint.EndpointName}</Link> },
          { name: 'Status', cell: (endpoint) => <Status status={endpoint.EndpointStatus} /> },
          { name: 'Last modified', cell: (endpoint) => <Moment time={endpoint.LastModifiedTime} /> },
        ]}
      />
      <Rows
        title="Recent failures"
        loading={failed.isPending}
        items={failed.data ?? []}
        columns={[
          { name: 'Name', cell: link },
          { name: 'Kind', cell: (job) => job.kind },
          { name: 'Created', cell: (job) => <Moment time={job.created} /> },
          { name: 'Reason', cell: (job) => <Plain text={job.reason} /> },
        ]}
      />
    </SpaceBetween>
  );
}

export function Nowhere() {
  usePlace({ text: 'Not found', href: '/' });
  return <Header variant="h1">There is nothing at this address</Header>;
}
