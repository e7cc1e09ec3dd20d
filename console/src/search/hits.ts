// What a search finds, of whatever kind: a name, a page, a status, a time.
import { logs, sagemaker } from '../aws';
import type { ShapeResourceType, ShapeSearchExpression, ShapeSearchRecord } from '../generated/sagemaker';
import type { Page } from '../list';
import { listBuckets } from '../s3';
import { textExpression } from './expression';

export interface Hit {
  kind: string;
  name: string;
  title: string;
  path: string;
  status?: string;
  created?: number;
}

export const kinds: { resource: ShapeResourceType; label: string; plural: string }[] = [
  { resource: 'ExperimentTrialComponent', label: 'Trial component', plural: 'Trial components' },
  { resource: 'Experiment', label: 'Experiment', plural: 'Experiments' },
  { resource: 'ExperimentTrial', label: 'Trial', plural: 'Trials' },
  { resource: 'TrainingJob', label: 'Training job', plural: 'Training jobs' },
  { resource: 'Model', label: 'Model', plural: 'Models' },
  { resource: 'Endpoint', label: 'Endpoint', plural: 'Endpoints' },
];

const enc = encodeURIComponent;

export function toHit(record: ShapeSearchRecord): Hit | undefined {
  const { TrainingJob: job, Experiment: experiment, Trial: trial, TrialComponent: component, Endpoint: endpoint } = record;
  const model = record.Model?.Model;
  if (job) return { kind: 'Training job', name: job.TrainingJobName ?? '', title: job.TrainingJobName ?? '', path: `/training-jobs/${enc(job.TrainingJobName ?? '')}`, status: job.TrainingJobStatus, created: job.CreationTime };
  if (experiment) {
    const name = experiment.ExperimentName ?? '';
    return { kind: 'Experiment', name, title: experiment.DisplayName ?? name, path: `/experiments/${enc(name)}`, created: experiment.CreationTime };
  }
  if (trial) {
    const name = trial.TrialName ?? '';
    return { kind: 'Trial', name, title: trial.DisplayName ?? name, path: `/experiments/${enc(trial.ExperimentName ?? '')}/${enc(name)}`, created: trial.CreationTime };
  }
  if (component) {
    const name = component.TrialComponentName ?? '';
    return { kind: 'Trial component', name, title: component.DisplayName ?? name, path: `/trial-components/${enc(name)}`, status: component.Status?.PrimaryStatus, created: component.CreationTime };
  }
  if (endpoint) return { kind: 'Endpoint', name: endpoint.EndpointName, title: endpoint.EndpointName, path: `/endpoints/${enc(endpoint.EndpointName)}`, status: endpoint.EndpointStatus, created: endpoint.CreationTime };
  if (model) return { kind: 'Model', name: model.ModelName ?? '', title: model.ModelName ?? '', path: `/models/${enc(model.ModelName ?? '')}`, created: model.CreationTime };
  return undefined;
}

export async function searchOne(resource: ShapeResourceType, expression: ShapeSearchExpression | undefined, size: number, token: string | undefined, signal: AbortSignal): Promise<Page<Hit> & { total: number }> {
  const page = await sagemaker(
    'Search',
    { Resource: resource, SearchExpression: expression, SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: size, NextToken: token },
    signal,
  );
  const items = (page.Results ?? []).map(toHit).filter((hit): hit is Hit => hit !== undefined);
  return { items, next: page.NextToken, total: page.TotalHits?.Value ?? items.length };
}

const most = 20; // of a kind, where everything is searched

// What Search does not know of is asked of its own lists.
async function others(text: string, signal: AbortSignal): Promise<Hit[]> {
  const query = { NameContains: text, MaxResults: most, SortBy: 'CreationTime', SortOrder: 'Descending' } as const;
  const [processing, transforms, configs, groups, buckets] = await Promise.all([
    sagemaker('ListProcessingJobs', query, signal),
    sagemaker('ListTransformJobs', query, signal),
    sagemaker('ListEndpointConfigs', query, signal),
    logs('DescribeLogGroups', { logGroupNamePattern: text, limit: most }, signal),
    listBuckets(signal),
  ]);
  const hit = (kind: string, name: string, path: string, status?: string, created?: number): Hit => ({ kind, name, title: name, path: `${path}/${enc(name)}`, status, created });
  return [
    ...processing.ProcessingJobSummaries.map((job) => hit('Processing job', job.ProcessingJobName, '/processing-jobs', job.ProcessingJobStatus, job.CreationTime)),
    ...transforms.TransformJobSummaries.map((job) => hit('Batch transform job', job.TransformJobName, '/transform-jobs', job.TransformJobStatus, job.CreationTime)),
    ...configs.EndpointConfigs.map((config) => hit('Endpoint configuration', config.EndpointConfigName, '/endpoint-configs', undefined, config.CreationTime)),
    ...(groups.logGroups ?? []).map((group) => hit('Log group', group.logGroupName ?? '', '/logs', undefined, (group.creationTime ?? 0) / 1000)),
    ...buckets.filter((bucket) => bucket.name.includes(text.toLowerCase())).slice(0, most).map((bucket) => hit('Bucket', bucket.name, '/s3', undefined, Date.parse(bucket.created) / 1000)),
  ];
}

export async function searchEverything(text: string, signal: AbortSignal): Promise<Hit[]> {
  const [more, ...found] = await Promise.all([
    others(text, signal),
    ...kinds.map(({ resource }) => searchOne(resource, textExpression(resource, text), most, undefined, signal)),
  ]);
  return [...found.flatMap((page) => page.items), ...more];
}
