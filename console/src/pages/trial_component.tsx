// One trial component: what went in, what came out, how it went.
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import { MetricCharts } from '../charts/metric_charts';
import { between, duration, figure, isRunning } from '../format';
import type { ShapeDescribeTrialComponentResponse, ShapeTrialComponentArtifacts } from '../generated/sagemaker';
import { LineageView } from '../lineage/lineage_view';
import { pageOfSource, tailOf } from '../lineage/vertices';
import { useAddress } from '../parts/address';
import { Link, Moment, Plain, S3Link, Status } from '../parts/basics';
import { Details, Pairs, Rows, Section } from '../parts/details';
import type { Crumb } from '../parts/frame';
import { usePlace } from '../parts/frame';
import { LogTail } from '../parts/log_tail';
import { Tags } from '../parts/tags';

// The log groups of the jobs that may be behind a component.
const groups: Record<string, string> = {
  'training-job': '/aws/sagemaker/TrainingJobs',
  'processing-job': '/aws/sagemaker/ProcessingJobs',
  'transform-job': '/aws/sagemaker/TransformJobs',
};

export function TrialComponent() {
  const { name = '' } = useParams();
  const [search, change] = useAddress();
  const query = useQuery({
    queryKey: ['trial-component', name],
    queryFn: ({ signal }) => sagemaker('DescribeTrialComponent', { TrialComponentName: name }, signal),
    refetchInterval: (found) => (isRunning(found.state.data?.Status?.PrimaryStatus) ? 3000 : false),
  });
  const title = query.data?.DisplayName ?? name;
  const experiment = search.get('experiment'), trial = search.get('trial');
  const place: Crumb[] = [{ text: 'Experiments', href: '/experiments' }];
  if (experiment && trial) {
    const path = `/experiments/${encodeURIComponent(experiment)}`;
    place.push({ text: experiment, href: path }, { text: trial, href: `${path}/${encodeURIComponent(trial)}` });
  }
  usePlace(...place, { text: title, href: `/trial-components/${encodeURIComponent(name)}` });
  return (
    <Details title={title} query={query}>
      {(component) => (
        <Tabs
          ariaLabel="Parts of the trial component"
          activeTabId={search.get('tab') ?? 'metrics'}
          onChange={(event) => change({ tab: event.detail.activeTabId })}
          tabs={[
            { id: 'charts', label: 'Charts', content: <Charts component={component} /> },
            { id: 'metrics', label: 'Metrics', content: <Metrics component={component} /> },
            { id: 'parameters', label: 'Parameters', content: <Parameters component={component} /> },
            { id: 'artifacts', label: 'Artifacts', content: <Artifacts component={component} /> },
            { id: 'settings', label: 'AWS settings', content: <Settings component={component} /> },
            { id: 'log', label: 'Log', content: <Log component={component} /> },
            { id: 'lineage', label: 'Lineage', content: <LineageView source={component.TrialComponentArn} running={isRunning(component.Status?.PrimaryStatus)} /> },
          ]}
        />
      )}
    </Details>
  );
}

interface Part {
  component: ShapeDescribeTrialComponentResponse;
}

function Charts({ component }: Part) {
  const names = (component.Metrics ?? []).map((metric) => metric.MetricName ?? '');
  const run = { name: component.DisplayName ?? '', arn: component.TrialComponentArn ?? '', running: isRunning(component.Status?.PrimaryStatus) };
  return <MetricCharts run={run} metrics={[...new Set(names)]} />;
}

function Metrics({ component }: Part) {
  return (
    <Rows
      title="Metrics"
      items={component.Metrics ?? []}
      columns={[
        { name: 'Name', cell: (metric) => <Plain text={metric.MetricName} /> },
        { name: 'Minimum', cell: (metric) => figure(metric.Min) },
        { name: 'Maximum', cell: (metric) => figure(metric.Max) },
        { name: 'Average', cell: (metric) => figure(metric.Avg) },
        { name: 'Standard deviation', cell: (metric) => figure(metric.StdDev) },
        { name: 'Last', cell: (metric) => figure(metric.Last) },
        { name: 'Count', cell: (metric) => figure(metric.Count) },
        { name: 'Final at', cell: (metric) => <Moment time={metric.TimeStamp} /> },
      ]}
    />
  );
}

function Parameters({ component }: Part) {
  const values = Object.entries(component.Parameters ?? {}).map(([name, value]) => [name, value.StringValue ?? figure(value.NumberValue)] as const);
  return <Pairs title="Parameters" values={Object.fromEntries(values)} />;
}

function Artifacts({ component }: Part) {
  const rows = (title: string, artifacts: ShapeTrialComponentArtifacts | undefined) => (
    <Rows
      title={title}
      items={Object.entries(artifacts ?? {})}
      columns={[
        { name: 'Name', cell: ([name]) => <Plain text={name} /> },
        { name: 'Media type', cell: ([, artifact]) => <Plain text={artifact.MediaType} /> },
        { name: 'Value', cell: ([, artifact]) => <S3Link uri={artifact.Value} /> },
      ]}
    />
  );
  return (
    <SpaceBetween size="l">
      {rows('Input artifacts', component.InputArtifacts)}
      {rows('Output artifacts', component.OutputArtifacts)}
    </SpaceBetween>
  );
}

function Settings({ component }: Part) {
  const source = component.Source?.SourceArn ?? '', page = pageOfSource(source);
  return (
    <SpaceBetween size="l">
      <Section
        title="Trial component"
        values={[
          ['Name', component.TrialComponentName],
          ['ARN', <Plain text={component.TrialComponentArn} />],
          ['Status', <Status status={component.Status?.PrimaryStatus} />],
          ['Message', <Plain text={component.Status?.Message} />],
          ['Source', page ? <Link to={page}>{tailOf(source).name}</Link> : <Plain text={source} />],
          ['Source type', component.Source?.SourceType],
          ['Start', <Moment time={component.StartTime} />],
          ['End', <Moment time={component.EndTime} />],
          ['Duration', duration(between(component.StartTime, component.EndTime))],
          ['Created', <Moment time={component.CreationTime} />],
          ['Last modified', <Moment time={component.LastModifiedTime} />],
          ['Commit', <Plain text={component.MetadataProperties?.CommitId} />],
        ]}
      />
      <Tags arn={component.TrialComponentArn} />
    </SpaceBetween>
  );
}

function Log({ component }: Part) {
  const { type, name } = tailOf(component.Source?.SourceArn ?? ''), group = groups[type];
  if (!group) return <>Nothing ran for this trial component, so it has no log.</>;
  return <LogTail group={group} prefix={`${name}/`} running={isRunning(component.Status?.PrimaryStatus)} />;
}
