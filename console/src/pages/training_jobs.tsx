import SpaceBetween from '@cloudscape-design/components/space-between';
import { sagemaker } from '../aws';
import { MetricCharts } from '../charts/metric_charts';
import { duration, figure, isRunning, plain } from '../format';
import type { ShapeDescribeTrainingJobResponse } from '../generated/sagemaker';
import { Moment, Plain, S3Link, Status } from '../parts/basics';
import { CloneTrainingJob } from '../parts/clone_training_job';
import { CreateModel } from '../parts/create_model';
import { TransformByJob } from '../parts/create_transform';
import { Pairs, Rows, Section } from '../parts/details';
import { JobMonitor } from '../parts/job_monitor';
import { JobList, JobPage } from '../parts/jobs';
import { LogTail } from '../parts/log_tail';
import { Tags } from '../parts/tags';

const list = { text: 'Training jobs', href: '/training-jobs' };
const code = `from sagemaker.sklearn import SKLearn

SKLearn("train.py", framework_version="1.2-1", instance_type="ml.m5.large", role=role).fit({"training": "s3://..."})`;

export function TrainingJobs() {
  return (
    <JobList
      place={list}
      code={code}
      list={async (query, signal) => {
        const page = await sagemaker('ListTrainingJobs', query, signal);
        const items = page.TrainingJobSummaries.map((job) => ({ name: job.TrainingJobName, status: job.TrainingJobStatus, created: job.CreationTime, ended: job.TrainingEndTime }));
        return { items, next: page.NextToken };
      }}
    />
  );
}

export function TrainingJob() {
  return (
    <JobPage
      place={list}
      one="training job"
      describe={(name, signal) => sagemaker('DescribeTrainingJob', { TrainingJobName: name }, signal)}
      statusOf={(job) => job.TrainingJobStatus}
      arnOf={(job) => job.TrainingJobArn}
      stop={(name) => sagemaker('StopTrainingJob', { TrainingJobName: name })}
      stopNote="What it saved in its model folder until then is kept."
      actions={(job) => (
        <>
          <CreateModel job={job} />
          <TransformByJob job={job} />
          <CloneTrainingJob job={job} />
        </>
      )}
    >
      {(job) => <Parts job={job} />}
    </JobPage>
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
      <JobMonitor group="/aws/sagemaker/TrainingJobs" job={job.TrainingJobName} hosts={resources?.InstanceCount} start={job.TrainingStartTime} end={job.TrainingEndTime} />
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
