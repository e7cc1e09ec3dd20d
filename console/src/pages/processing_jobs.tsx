import SpaceBetween from '@cloudscape-design/components/space-between';
import { sagemaker } from '../aws';
import { between, duration, isRunning } from '../format';
import type { ShapeDescribeProcessingJobResponse } from '../generated/sagemaker';
import { Moment, Plain, S3Link, Status } from '../parts/basics';
import { CloneProcessingJob } from '../parts/clone_processing_job';
import { Pairs, Rows, Section } from '../parts/details';
import { JobMonitor } from '../parts/job_monitor';
import { JobList, JobPage } from '../parts/jobs';
import { LogTail } from '../parts/log_tail';
import { Tags } from '../parts/tags';

const list = { text: 'Processing jobs', href: '/processing-jobs' };
const code = `from sagemaker.sklearn.processing import SKLearnProcessor

SKLearnProcessor("1.2-1", role=role, instance_type="ml.m5.large", instance_count=1).run(code="prepare.py")`;

export function ProcessingJobs() {
  return (
    <JobList
      place={list}
      code={code}
      list={async (query, signal) => {
        const page = await sagemaker('ListProcessingJobs', query, signal);
        const items = page.ProcessingJobSummaries.map((job) => ({ name: job.ProcessingJobName, status: job.ProcessingJobStatus, created: job.CreationTime, ended: job.ProcessingEndTime }));
        return { items, next: page.NextToken };
      }}
    />
  );
}

export function ProcessingJob() {
  return (
    <JobPage
      place={list}
      one="processing job"
      describe={(name, signal) => sagemaker('DescribeProcessingJob', { ProcessingJobName: name }, signal)}
      statusOf={(job) => job.ProcessingJobStatus}
      arnOf={(job) => job.ProcessingJobArn}
      stop={(name) => sagemaker('StopProcessingJob', { ProcessingJobName: name })}
      actions={(job) => <CloneProcessingJob job={job} />}
    >
      {(job) => <Parts job={job} />}
    </JobPage>
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
      <JobMonitor group="/aws/sagemaker/ProcessingJobs" job={job.ProcessingJobName} hosts={cluster.InstanceCount} start={job.ProcessingStartTime} end={job.ProcessingEndTime} />
      <LogTail group="/aws/sagemaker/ProcessingJobs" prefix={`${job.ProcessingJobName}/`} running={isRunning(job.ProcessingJobStatus)} />
    </SpaceBetween>
  );
}
