import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import { MetricCharts } from '../charts/metric_charts';
import { between, duration, figure, isRunning, plain } from '../format';
import type { ShapeDescribeTrainingJobResponse, ShapeTrainingJobStatus, ShapeTrainingJobSummary } from '../generated/sagemaker';
import { Act, Empty, Link, Moment, Plain, S3Link, Status } from '../parts/basics';
import { CloneTrainingJob } from '../parts/clone_training_job';
import { Details, Pairs, Rows, Section, Tags } from '../parts/details';
import { usePlace } from '../parts/frame';
import { LogTail } from '../parts/log_tail';
import { ResourceTable } from '../parts/resource_table';

const list = { text: 'Training jobs', href: '/training-jobs' };
const pathOf = (name: string) => `/training-jobs/${encodeURIComponent(name)}`;

const code = `from sagemaker.sklearn import SKLearn

SKLearn("train.py", framework_version="1.2-1", instance_type="ml.m5.large", role=role).fit({"training": "s3://..."})`;

export function TrainingJobs() {
  usePlace(list);
  return (
    <ResourceTable<ShapeTrainingJobSummary>
      name="Training jobs"
      keyOf={(job) => job.TrainingJobName}
      refetchInterval={5000}
      statuses={['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped']}
      fetchPage={async ({ token, text, status, signal }) => {
        const page = await sagemaker(
          'ListTrainingJobs',
          {
            MaxResults: 100,
            NextToken: token,
            NameContains: text || undefined,
            StatusEquals: (status || undefined) as ShapeTrainingJobStatus | undefined,
            SortBy: 'CreationTime',
            SortOrder: 'Descending',
          },
          signal,
        );
        return { items: page.TrainingJobSummaries, next: page.NextToken };
      }}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (job) => <Link to={pathOf(job.TrainingJobName)}>{job.TrainingJobName}</Link> },
        { id: 'status', header: 'Status', cell: (job) => <Status status={job.TrainingJobStatus} /> },
        { id: 'created', header: 'Created', cell: (job) => <Moment time={job.CreationTime} /> },
        { id: 'duration', header: 'Duration', cell: (job) => duration(between(job.CreationTime, job.TrainingEndTime)) },
      ]}
      empty={<Empty what="training jobs" code={code} />}
    />
  );
}

export function TrainingJob() {
  const { name = '' } = useParams();
  usePlace(list, { text: name, href: pathOf(name) });
  const query = useQuery({
    queryKey: ['training-job', name],
    queryFn: ({ signal }) => sagemaker('DescribeTrainingJob', { TrainingJobName: name }, signal),
    refetchInterval: (found) => (isRunning(found.state.data?.TrainingJobStatus) ? 1500 : false),
  });
  const running = query.data?.TrainingJobStatus === 'InProgress';
  return (
    <Details
      title={name}
      query={query}
      actions={
        <>
          <CloneTrainingJob job={query.data} />
          <Act
            label="Stop"
            disabled={!running}
            question={`Stop the training job ${name}? What it saved in its model folder until then is kept.`}
            done={`${name} is stopping.`}
            act={() => sagemaker('StopTrainingJob', { TrainingJobName: name })}
          />
        </>
      }
    >
      {(job) => <Parts job={job} />}
    </Details>
  );
}

function Parts({ job }: { job: ShapeDescribeTrainingJobResponse }) {
  const resources = job.ResourceConfig;
  return (
    <SpaceBetween size="l">
      <Section
        title="Job settings"
        values={[
          ['Job name', job.TrainingJobName],
          ['ARN', <Plain text={job.TrainingJobArn} />],
          ['Status', <Status status={job.TrainingJobStatus} />],
          ['Secondary status', job.SecondaryStatus],
          ['Failure reason', <Plain text={job.FailureReason} />],
          ['Created', <Moment time={job.CreationTime} />],
          ['Last modified', <Moment time={job.LastModifiedTime} />],
          ['Training time', duration(job.TrainingTimeInSeconds)],
          ['Instances', `${resources?.InstanceCount ?? '-'} x ${resources?.InstanceType ?? '-'}`],
          ['Volume', `${resources?.VolumeSizeInGB ?? '-'} GB`],
          ['Maximum runtime', duration(job.StoppingCondition.MaxRuntimeInSeconds)],
          ['IAM role', <Plain text={job.RoleArn} />],
        ]}
      />
      <Section
        title="Algorithm"
        columns={2}
        values={[
          ['Training image', <Plain text={job.AlgorithmSpecification?.TrainingImage} />],
          ['Algorithm name', <Plain text={job.AlgorithmSpecification?.AlgorithmName} />],
          ['Input mode', job.AlgorithmSpecification?.TrainingInputMode],
          ['Trial', job.ExperimentConfig?.TrialName],
        ]}
      />
      <Pairs title="Hyperparameters" values={Object.fromEntries(Object.entries(job.HyperParameters ?? {}).map(([key, value]) => [key, plain(value)]))} />
      <Rows
        title="Input data"
        items={job.InputDataConfig ?? []}
        columns={[
          { name: 'Channel', cell: (channel) => channel.ChannelName },
          { name: 'Source', cell: (channel) => <S3Link uri={channel.DataSource.S3DataSource?.S3Uri} /> },
          { name: 'Data type', cell: (channel) => channel.DataSource.S3DataSource?.S3DataType },
          { name: 'Distribution', cell: (channel) => channel.DataSource.S3DataSource?.S3DataDistributionType },
          { name: 'Input mode', cell: (channel) => channel.InputMode ?? '-' },
          { name: 'Content type', cell: (channel) => <Plain text={channel.ContentType} /> },
        ]}
      />
      <Rows
        title="Metrics"
        items={job.FinalMetricDataList ?? []}
        columns={[
          { name: 'Name', cell: (metric) => <Plain text={metric.MetricName} /> },
          { name: 'Final value', cell: (metric) => figure(metric.Value) },
          { name: 'Time', cell: (metric) => <Moment time={metric.Timestamp} /> },
        ]}
      />
      {(job.AlgorithmSpecification?.MetricDefinitions ?? []).length > 0 ? (
        <MetricCharts
          run={{ name: job.TrainingJobName, arn: job.TrainingJobArn, running: isRunning(job.TrainingJobStatus) }}
          metrics={(job.AlgorithmSpecification?.MetricDefinitions ?? []).map((definition) => definition.Name)}
        />
      ) : null}
      <Rows
        title="Metric definitions"
        items={job.AlgorithmSpecification?.MetricDefinitions ?? []}
        columns={[
          { name: 'Name', cell: (definition) => <Plain text={definition.Name} /> },
          { name: 'Regex', cell: (definition) => <Plain text={definition.Regex} /> },
        ]}
      />
      <Rows
        title="Status history"
        items={job.SecondaryStatusTransitions ?? []}
        columns={[
          { name: 'Status', cell: (step) => step.Status },
          { name: 'Start', cell: (step) => <Moment time={step.StartTime} /> },
          { name: 'End', cell: (step) => <Moment time={step.EndTime} /> },
          { name: 'Message', cell: (step) => <Plain text={step.StatusMessage} /> },
        ]}
      />
      <Pairs title="Environment" values={job.Environment} />
      <Tags arn={job.TrainingJobArn} />
      <LogTail group="/aws/sagemaker/TrainingJobs" prefix={`${job.TrainingJobName}/`} running={isRunning(job.TrainingJobStatus)} />
      <Section
        title="Output"
        columns={2}
        values={[
          ['S3 output path', <S3Link uri={job.OutputDataConfig?.S3OutputPath} />],
          ['S3 model artifact', <S3Link uri={job.ModelArtifacts?.S3ModelArtifacts} />],
          ['Checkpoints', <S3Link uri={job.CheckpointConfig?.S3Uri} />],
          ['Local checkpoint path', <Plain text={job.CheckpointConfig?.LocalPath} />],
        ]}
      />
    </SpaceBetween>
  );
}
