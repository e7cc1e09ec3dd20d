import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import { between, duration, figure, isRunning } from '../format';
import type { ShapeDescribeTransformJobResponse, ShapeTransformJobStatus, ShapeTransformJobSummary } from '../generated/sagemaker';
import { Act, Empty, Link, Moment, Plain, S3Link, Status } from '../parts/basics';
import { Details, Pairs, Section, Tags } from '../parts/details';
import { usePlace } from '../parts/frame';
import { LogTail } from '../parts/log_tail';
import { ResourceTable } from '../parts/resource_table';

const list = { text: 'Batch transform jobs', href: '/transform-jobs' };
const pathOf = (name: string) => `/transform-jobs/${encodeURIComponent(name)}`;

const code = `model.transformer(instance_count=1, instance_type="ml.m5.large", strategy="MultiRecord", assemble_with="Line",
                  output_path="s3://...").transform("s3://.../input.csv", content_type="text/csv", split_type="Line")`;

export function TransformJobs() {
  usePlace(list);
  return (
    <ResourceTable<ShapeTransformJobSummary>
      name="Batch transform jobs"
      keyOf={(job) => job.TransformJobName}
      refetchInterval={5000}
      statuses={['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped']}
      fetchPage={async ({ token, text, status, signal }) => {
        const page = await sagemaker(
          'ListTransformJobs',
          {
            MaxResults: 100,
            NextToken: token,
            NameContains: text || undefined,
            StatusEquals: (status || undefined) as ShapeTransformJobStatus | undefined,
            SortBy: 'CreationTime',
            SortOrder: 'Descending',
          },
          signal,
        );
        return { items: page.TransformJobSummaries, next: page.NextToken };
      }}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (job) => <Link to={pathOf(job.TransformJobName)}>{job.TransformJobName}</Link> },
        { id: 'status', header: 'Status', cell: (job) => <Status status={job.TransformJobStatus} /> },
        { id: 'created', header: 'Created', cell: (job) => <Moment time={job.CreationTime} /> },
        { id: 'duration', header: 'Duration', cell: (job) => duration(between(job.CreationTime, job.TransformEndTime)) },
      ]}
      empty={<Empty what="batch transform jobs" code={code} />}
    />
  );
}

export function TransformJob() {
  const { name = '' } = useParams();
  usePlace(list, { text: name, href: pathOf(name) });
  const query = useQuery({
    queryKey: ['transform-job', name],
    queryFn: ({ signal }) => sagemaker('DescribeTransformJob', { TransformJobName: name }, signal),
    refetchInterval: (found) => (isRunning(found.state.data?.TransformJobStatus) ? 1500 : false),
  });
  return (
    <Details
      title={name}
      query={query}
      actions={
        <Act
          label="Stop"
          disabled={query.data?.TransformJobStatus !== 'InProgress'}
          question={`Stop the batch transform job ${name}?`}
          done={`${name} is stopping.`}
          act={() => sagemaker('StopTransformJob', { TransformJobName: name })}
        />
      }
    >
      {(job) => <Parts job={job} />}
    </Details>
  );
}

function Parts({ job }: { job: ShapeDescribeTransformJobResponse }) {
  return (
    <SpaceBetween size="l">
      <Section
        title="Job settings"
        values={[
          ['Job name', job.TransformJobName],
          ['ARN', <Plain text={job.TransformJobArn} />],
          ['Status', <Status status={job.TransformJobStatus} />],
          ['Failure reason', <Plain text={job.FailureReason} />],
          ['Model', <Link to={`/models/${encodeURIComponent(job.ModelName)}`}>{job.ModelName}</Link>],
          ['Created', <Moment time={job.CreationTime} />],
          ['Start', <Moment time={job.TransformStartTime} />],
          ['End', <Moment time={job.TransformEndTime} />],
          ['Transform time', duration(between(job.TransformStartTime, job.TransformEndTime))],
          ['Instances', `${job.TransformResources.InstanceCount} x ${job.TransformResources.InstanceType}`],
          ['Batch strategy', job.BatchStrategy],
          ['Concurrent requests', figure(job.MaxConcurrentTransforms)],
          ['Largest payload', job.MaxPayloadInMB === undefined ? '-' : `${job.MaxPayloadInMB} MB`],
        ]}
      />
      <Section
        title="Input data"
        values={[
          ['S3 location', <S3Link uri={job.TransformInput.DataSource.S3DataSource.S3Uri} />],
          ['Data type', job.TransformInput.DataSource.S3DataSource.S3DataType],
          ['Content type', <Plain text={job.TransformInput.ContentType} />],
          ['Split type', job.TransformInput.SplitType],
          ['Compression', job.TransformInput.CompressionType],
        ]}
      />
      <Section
        title="Output data"
        values={[
          ['S3 output path', <S3Link uri={job.TransformOutput?.S3OutputPath} />],
          ['Accept', <Plain text={job.TransformOutput?.Accept} />],
          ['Assemble with', job.TransformOutput?.AssembleWith],
        ]}
      />
      <Pairs title="Environment" values={job.Environment} />
      <Tags arn={job.TransformJobArn} />
      <LogTail group="/aws/sagemaker/TransformJobs" prefix={`${job.TransformJobName}/`} running={isRunning(job.TransformJobStatus)} />
    </SpaceBetween>
  );
}
