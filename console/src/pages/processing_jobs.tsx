import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import { between, duration, isRunning } from '../format';
import type { ShapeDescribeProcessingJobResponse, ShapeProcessingJobStatus, ShapeProcessingJobSummary } from '../generated/sagemaker';
import { Act, Empty, Link, Moment, Plain, S3Link, Status } from '../parts/basics';
import { Details, Pairs, Rows, Section, Tags } from '../parts/details';
import { usePlace } from '../parts/frame';
import { LogTail } from '../parts/log_tail';
import { ResourceTable } from '../parts/resource_table';

const list = { text: 'Processing jobs', href: '/processing-jobs' };
const pathOf = (name: string) => `/processing-jobs/${encodeURIComponent(name)}`;

const code = `from sagemaker.sklearn.processing import SKLearnProcessor

SKLearnProcessor("1.2-1", role=role, instance_type="ml.m5.large", instance_count=1).run(code="prepare.py")`;

export function ProcessingJobs() {
  usePlace(list);
  return (
    <ResourceTable<ShapeProcessingJobSummary>
      name="Processing jobs"
      keyOf={(job) => job.ProcessingJobName}
      refetchInterval={5000}
      statuses={['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped']}
      fetchPage={async ({ token, text, status, signal }) => {
        const page = await sagemaker(
          'ListProcessingJobs',
          {
            MaxResults: 100,
            NextToken: token,
            NameContains: text || undefined,
            StatusEquals: (status || undefined) as ShapeProcessingJobStatus | undefined,
            SortBy: 'CreationTime',
            SortOrder: 'Descending',
          },
          signal,
        );
        return { items: page.ProcessingJobSummaries, next: page.NextToken };
      }}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (job) => <Link to={pathOf(job.ProcessingJobName)}>{job.ProcessingJobName}</Link> },
        { id: 'status', header: 'Status', cell: (job) => <Status status={job.ProcessingJobStatus} /> },
        { id: 'created', header: 'Created', cell: (job) => <Moment time={job.CreationTime} /> },
        { id: 'duration', header: 'Duration', cell: (job) => duration(between(job.CreationTime, job.ProcessingEndTime)) },
      ]}
      empty={<Empty what="processing jobs" code={code} />}
    />
  );
}

export function ProcessingJob() {
  const { name = '' } = useParams();
  usePlace(list, { text: name, href: pathOf(name) });
  const query = useQuery({
    queryKey: ['processing-job', name],
    queryFn: ({ signal }) => sagemaker('DescribeProcessingJob', { ProcessingJobName: name }, signal),
    refetchInterval: (found) => (isRunning(found.state.data?.ProcessingJobStatus) ? 1500 : false),
  });
  return (
    <Details
      title={name}
      query={query}
      actions={
        <Act
          label="Stop"
          disabled={query.data?.ProcessingJobStatus !== 'InProgress'}
          question={`Stop the processing job ${name}?`}
          done={`${name} is stopping.`}
          act={() => sagemaker('StopProcessingJob', { ProcessingJobName: name })}
        />
      }
    >
      {(job) => <Parts job={job} />}
    </Details>
  );
}

function Parts({ job }: { job: ShapeDescribeProcessingJobResponse }) {
  const cluster = job.ProcessingResources.ClusterConfig;
  return (
    <SpaceBetween size="l">
      <Section
        title="Job settings"
        values={[
          ['Job name', job.ProcessingJobName],
          ['ARN', <Plain text={job.ProcessingJobArn} />],
          ['Status', <Status status={job.ProcessingJobStatus} />],
          ['Failure reason', <Plain text={job.FailureReason} />],
          ['Exit message', <Plain text={job.ExitMessage} />],
          ['Created', <Moment time={job.CreationTime} />],
          ['Start', <Moment time={job.ProcessingStartTime} />],
          ['End', <Moment time={job.ProcessingEndTime} />],
          ['Processing time', duration(between(job.ProcessingStartTime, job.ProcessingEndTime))],
          ['Instances', `${cluster.InstanceCount} x ${cluster.InstanceType}`],
          ['Volume', `${cluster.VolumeSizeInGB} GB`],
          ['IAM role', <Plain text={job.RoleArn} />],
        ]}
      />
      <Section
        title="Container"
        columns={1}
        values={[
          ['Image', <Plain text={job.AppSpecification.ImageUri} />],
          ['Entry point', <Plain text={job.AppSpecification.ContainerEntrypoint?.join(' ')} />],
          ['Arguments', <Plain text={job.AppSpecification.ContainerArguments?.join(' ')} />],
        ]}
      />
      <Rows
        title="Inputs"
        items={job.ProcessingInputs ?? []}
        columns={[
          { name: 'Name', cell: (input) => <Plain text={input.InputName} /> },
          { name: 'Source', cell: (input) => <S3Link uri={input.S3Input?.S3Uri} /> },
          { name: 'Local path', cell: (input) => <Plain text={input.S3Input?.LocalPath} /> },
          { name: 'Input mode', cell: (input) => input.S3Input?.S3InputMode ?? '-' },
        ]}
      />
      <Rows
        title="Outputs"
        items={job.ProcessingOutputConfig?.Outputs ?? []}
        columns={[
          { name: 'Name', cell: (output) => <Plain text={output.OutputName} /> },
          { name: 'Destination', cell: (output) => <S3Link uri={output.S3Output?.S3Uri} /> },
          { name: 'Local path', cell: (output) => <Plain text={output.S3Output?.LocalPath} /> },
          { name: 'Upload', cell: (output) => output.S3Output?.S3UploadMode ?? '-' },
        ]}
      />
      <Pairs title="Environment" values={job.Environment} />
      <Tags arn={job.ProcessingJobArn} />
      <LogTail group="/aws/sagemaker/ProcessingJobs" prefix={`${job.ProcessingJobName}/`} running={isRunning(job.ProcessingJobStatus)} />
    </SpaceBetween>
  );
}
