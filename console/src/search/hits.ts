// What a search finds, of whatever kind: a name, a page, a status, a time.
import { logs, sagemaker } from '../aws';
import type { ShapeResourceType, ShapeSearchExpression, ShapeSearchRecord } from '../generated/sagemaker';
import type { Page } from '../list';
import { listBuckets } from '../s3';
import { textExpression } from './expression';

export interface Hit {
  kind: string;
  title: string;
  path: string;
  status?: string;
  created?: number;
}

export const kinds: { resource: ShapeResourceType; plural: string }[] = [
  { resource: 'ExperimentTrialComponent', plural: 'Trial components' },
  { resource: 'Experiment', plural: 'Experiments' },
  { resource: 'ExperimentTrial', plural: 'Trials' },
  { resource: 'TrainingJob', plural: 'Training jobs' },
  { resource: 'Model', plural: 'Models' },
  { resource: 'Endpoint', plural: 'Endpoints' },
];

const enc = encodeURIComponent;

export function toHit(record: ShapeSearchRecord): Hit | undefined {
  const { TrainingJob: job, Experiment: experiment, Trial: trial, TrialComponent: component, Endpoint: endpoint } = record;
  const model = record.Model?.Model;
  if (job) return { kind: 'Training job', title: job.TrainingJobName ?? '', path: `/training-jobs/${enc(job.TrainingJobName ?? '')}`, status: job.TrainingJobStatus, created: job.CreationTime };
  if (experiment) {
    const name = experiment.ExperimentName ?? '';
    return { kind: 'Experiment', title: experiment.DisplayName ?? name, path: `/experiments/${enc(name)}`, created: experiment.CreationTime };
  }
  if (trial) {
    const name = trial.TrialName ?? '';
    return { kind: 'Trial', title: trial.DisplayName ?? name, path: `/experiments/${enc(trial.ExperimentName ?? '')}/${enc(name)}`, created: trial.CreationTime };
  }
  if (component) {
    const name = component.TrialComponentName ?? '';
    return { kind: 'Trial component', title: component.DisplayName ?? name, path: `/trial-components/${enc(name)}`, status: component.Status?.PrimaryStatus, created: component.CreationTime };
  }
  if (endpoint) return { kind: 'Endpoint', title: endpoint.EndpointName, path: `/endpoints/${enc(endpoint.EndpointName)}`, status: endpoint.EndpointStatus, created: endpoint.CreationTime };
  if (model) return { kind: 'Model', title: model.ModelName ?? '', path: `/models/${enc(model.ModelName ?? '')}`, created: model.CreationTime };
  return undefined;
}

export async function searchOne(resource: ShapeResourceType, expression: ShapeSearchExpression | undefined, size: number, token: string | undefined, signal: AbortSignal): Promise<Page<Hit>> {
  const page = await sagemaker(
    'Search',
    { Resource: resource, SearchExpression: expression, SortBy: 'CreationTime', SortOrder: 'Descending', MaxResults: size, NextToken: token },
    signal,
  );
  const items = (page.Results ?? []).map(toHit).filter((hit): hit is Hit => hit !== undefined);
  return { items, next: page.NextToken };
}

const most = 20; // of a kind, where everything is searched

// What the pattern of a list's request does not permit is in none of its names either.
const fitsName = (text: string) => /^[a-zA-Z0-9-]{1,63}$/.test(text);
const fitsLogGroup = (text: string) => /^[\w./#-]{1,512}$/.test(text);

// What Search does not know of is asked of its own lists.
async function others(text: string, signal: AbortSignal): Promise<Hit[]> {
  const query = { NameContains: text, MaxResults: most, SortBy: 'CreationTime', SortOrder: 'Descending' } as const;
  const [processing, transforms, configs, groups, buckets] = await Promise.all([
    fitsName(text) ? sagemaker('ListProcessingJobs', query, signal) : { ProcessingJobSummaries: [] },
    fitsName(text) ? sagemaker('ListTransformJobs', query, signal) : { TransformJobSummaries: [] },
    fitsName(text) ? sagemaker('ListEndpointConfigs', query, signal) : { EndpointConfigs: [] },
    fitsLogGroup(text) ? logs('DescribeLogGroups', { logGroupNamePattern: text, limit: most }, signal) : { logGroups: [] },
    listBuckets(signal),
  ]);
  const hit = (kind: string, name: string, path: string, status?: string, created?: number): Hit => ({ kind, title: name, path: `${path}/${enc(name)}`, status, created });
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
