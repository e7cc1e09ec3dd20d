// What runs, what serves, what failed lately, and what is free.
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { QueryClient } from '@tanstack/react-query';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { sagemaker } from '../aws';
import { Empty, Link, Moment, Plain, Problem, Status } from '../parts/basics';
import { Rows } from '../parts/details';
import { usePlace } from '../parts/frame';
import { HostSlots } from '../parts/host_slots';

interface Entry {
  path: string;
  name: string;
  kind: 'Training' | 'Processing' | 'Batch transform';
  status: string;
  created: number;
}

const newest = { MaxResults: 10, SortBy: 'CreationTime', SortOrder: 'Descending' } as const;

async function jobs(status: 'InProgress' | 'Failed', signal: AbortSignal): Promise<Entry[]> {
  const query = { ...newest, StatusEquals: status };
  const [training, processing, transforms] = await Promise.all([
    sagemaker('ListTrainingJobs', query, signal),
    sagemaker('ListProcessingJobs', query, signal),
    sagemaker('ListTransformJobs', query, signal),
  ]);
  const all: Entry[] = [
    ...training.TrainingJobSummaries.map((job): Entry => ({ path: '/training-jobs', name: job.TrainingJobName, kind: 'Training', status: job.TrainingJobStatus, created: job.CreationTime })),
    ...processing.ProcessingJobSummaries.map((job): Entry => ({ path: '/processing-jobs', name: job.ProcessingJobName, kind: 'Processing', status: job.ProcessingJobStatus, created: job.CreationTime })),
    ...transforms.TransformJobSummaries.map((job): Entry => ({ path: '/transform-jobs', name: job.TransformJobName, kind: 'Batch transform', status: job.TransformJobStatus, created: job.CreationTime })),
  ];
  return all.sort((a, b) => b.created - a.created).slice(0, 10);
}

async function reasonOf(job: Entry, signal: AbortSignal): Promise<string | undefined> {
  if (job.kind === 'Training') return (await sagemaker('DescribeTrainingJob', { TrainingJobName: job.name }, signal)).FailureReason;
  if (job.kind === 'Processing') return (await sagemaker('DescribeProcessingJob', { ProcessingJobName: job.name }, signal)).FailureReason;
  return (await sagemaker('DescribeTransformJob', { TransformJobName: job.name }, signal)).FailureReason;
}

// A list does not tell why a job failed; its description does, and once: the reason stays.
async function failures(client: QueryClient, signal: AbortSignal): Promise<(Entry & { reason?: string })[]> {
  const failed = (await jobs('Failed', signal)).slice(0, 5);
  const reason = (job: Entry) =>
    client.fetchQuery({ queryKey: ['failure', job.path, job.name, job.created], staleTime: Infinity, queryFn: async ({ signal }) => (await reasonOf(job, signal)) ?? '' });
  return Promise.all(failed.map(async (job) => ({ ...job, reason: await reason(job) })));
}

const link = (entry: Entry) => <Link to={`${entry.path}/${encodeURIComponent(entry.name)}`}>{entry.name}</Link>;

const trainCode = 'estimator.fit({"training": "s3://..."})';
const deployCode = 'model.deploy(initial_instance_count=1, instance_type="ml.m5.large")';

export function Home() {
  usePlace();
  const client = useQueryClient();
  const running = useQuery({ queryKey: ['home', 'running'], queryFn: ({ signal }) => jobs('InProgress', signal), refetchInterval: 3000 });
  const failed = useQuery({ queryKey: ['home', 'failed'], queryFn: ({ signal }) => failures(client, signal), refetchInterval: 10_000 });
  const endpoints = useQuery({ queryKey: ['home', 'endpoints'], queryFn: ({ signal }) => sagemaker('ListEndpoints', newest, signal), refetchInterval: 5000 });
  return (
    <SpaceBetween size="l">
      <Header variant="h1">Home</Header>
      <Problem error={running.error ?? failed.error ?? endpoints.error} />
      <HostSlots />
      <Grid gridDefinition={[{ colspan: { default: 12, m: 6 } }, { colspan: { default: 12, m: 6 } }]}>
        <Rows
          title="Running jobs"
          loading={running.isPending}
          items={running.data ?? []}
          empty={<Empty what="running jobs" code={trainCode} />}
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
          empty={<Empty what="endpoints" code={deployCode} />}
          columns={[
            { name: 'Name', cell: (endpoint) => <Link to={`/endpoints/${encodeURIComponent(endpoint.EndpointName)}`}>{endpoint.EndpointName}</Link> },
            { name: 'Status', cell: (endpoint) => <Status status={endpoint.EndpointStatus} /> },
            { name: 'Last modified', cell: (endpoint) => <Moment time={endpoint.LastModifiedTime} /> },
          ]}
        />
      </Grid>
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
