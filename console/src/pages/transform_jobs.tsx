import SpaceBetween from '@cloudscape-design/components/space-between';
import { sagemaker } from '../aws';
import { between, duration, figure, isRunning } from '../format';
import type { ShapeDescribeTransformJobResponse } from '../generated/sagemaker';
import { Link, Moment, Plain, S3Link, Status } from '../parts/basics';
import { CloneTransformJob } from '../parts/create_transform';
import { Pairs, Section } from '../parts/details';
import { JobMonitor } from '../parts/job_monitor';
import { JobList, JobPage } from '../parts/jobs';
import { LogTail } from '../parts/log_tail';
import { Tags } from '../parts/tags';

const list = { text: 'Batch transform jobs', href: '/transform-jobs' };
const code = `model.transformer(instance_count=1, instance_type="ml.m5.large", strategy="MultiRecord", assemble_with="Line",
                  output_path="s3://...").transform("s3://.../input.csv", content_type="text/csv", split_type="Line")`;

export function TransformJobs() {
  return (
    <JobList
      place={list}
      code={code}
      list={async (query, signal) => {
        const page = await sagemaker('ListTransformJobs', query, signal);
        const items = page.TransformJobSummaries.map((job) => ({ name: job.TransformJobName, status: job.TransformJobStatus, created: job.CreationTime, ended: job.TransformEndTime }));
        return { items, next: page.NextToken };
      }}
    />
  );
}

export function TransformJob() {
  return (
    <JobPage
      place={list}
      one="batch transform job"
      describe={(name, signal) => sagemaker('DescribeTransformJob', { TransformJobName: name }, signal)}
      statusOf={(job) => job.TransformJobStatus}
      arnOf={(job) => job.TransformJobArn}
      stop={(name) => sagemaker('StopTransformJob', { TransformJobName: name })}
      actions={(job) => <CloneTransformJob job={job} />}
    >
      {(job) => <Parts job={job} />}
    </JobPage>
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
      <JobMonitor group="/aws/sagemaker/TransformJobs" job={job.TransformJobName} hosts={job.TransformResources.InstanceCount} start={job.TransformStartTime} end={job.TransformEndTime} />
      <LogTail group="/aws/sagemaker/TransformJobs" prefix={`${job.TransformJobName}/`} running={isRunning(job.TransformJobStatus)} />
    </SpaceBetween>
  );
}
