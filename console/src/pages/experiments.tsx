// Experiments, the trials in them, and the trial components in those; and the components that belong to no trial.
import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeExperimentSummary, ShapeFilter, ShapeResourceType, ShapeSearchRecord, ShapeTrialComponentSummary, ShapeTrialSummary } from '../generated/sagemaker';
import { between, duration } from '../format';
import type { Page } from '../list';
import { Empty, Link, Moment, Plain, Status } from '../parts/basics';
import { usePlace } from '../parts/frame';
import type { Asked } from '../parts/resource_table';
import { ResourceTable } from '../parts/resource_table';
import { namesOf, textExpression } from '../search/expression';

const mostFound = 50; // of what Search answers: whole records

// A page of Search; `conditions` all hold, and the text is part of one of the names.
async function searched(resource: ShapeResourceType, conditions: ShapeFilter[], asked: Asked, size = Math.min(asked.size, mostFound)): Promise<Page<ShapeSearchRecord>> {
  const { token, text, sort, descending, signal } = asked;
  const expression = conditions.length > 0 || text ? { Filters: conditions.length > 0 ? conditions : undefined, SubExpressions: text ? [textExpression(resource, text)] : undefined } : undefined;
  const page = await sagemaker(
    'Search',
    {
      Resource: resource,
      SearchExpression: expression,
      SortBy: sort === 'name' ? namesOf[resource]?.[0] : sort === 'created' ? 'CreationTime' : 'LastModifiedTime',
      SortOrder: descending ? 'Descending' : 'Ascending',
      MaxResults: size,
      NextToken: token,
    },
    signal,
  );
  return { items: page.Results ?? [], next: page.NextToken };
}

const order = (asked: Asked) => ({ SortBy: asked.sort === 'name' ? 'Name' : 'CreationTime', SortOrder: asked.descending ? 'Descending' : 'Ascending' }) as const;

const experimentCode = `from smexperiments.experiment import Experiment

Experiment.create(experiment_name="churn", sagemaker_boto_client=client)`;

const trialCode = (experiment: string) => `from smexperiments.trial import Trial

Trial.create(experiment_name="${experiment}", trial_name="forest", sagemaker_boto_client=client)`;

const componentCode = (trial: string) => `estimator.fit(inputs, experiment_config={"TrialName": "${trial}", "TrialComponentDisplayName": "Training"})`;

const experimentPath = (name: string) => `/experiments/${encodeURIComponent(name)}`;
const trialPath = (experiment: string, name: string) => `${experimentPath(experiment)}/${encodeURIComponent(name)}`;

// What is selected in a list, and the way to see it side by side.
function useComparison<Item>(kind: 'experiment' | 'trial' | 'component', nameOf: (item: Item) => string | undefined) {
  const [selected, onSelect] = useState<Item[]>([]);
  const navigate = useNavigate();
  const open = () => navigate(`/compare?${new URLSearchParams(selected.map((item) => [kind, nameOf(item) ?? '']))}`);
  const actions = (
    <Button disabled={selected.length === 0} onClick={open}>
      Open in trial component list
    </Button>
  );
  return { selected, onSelect, actions };
}

export function Experiments() {
  const comparison = useComparison<ShapeExperimentSummary>('experiment', (experiment) => experiment.ExperimentName);
  usePlace({ text: 'Experiments', href: '/experiments' });
  return (
    <ResourceTable<ShapeExperimentSummary>
      name="Experiments"
      {...comparison}
      keyOf={(experiment) => experiment.ExperimentName ?? ''}
      sorted={{ column: 'modified', descending: true }}
      fetchPage={async (asked) => {
        const page = await searched('Experiment', [], asked, asked.size);
        return { items: page.items.flatMap((record) => record.Experiment ?? []), next: page.next };
      }}
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          sortingField: 'name',
          cell: (experiment) => (
            <Link to={experimentPath(experiment.ExperimentName ?? '')}>
              <Plain text={experiment.DisplayName ?? experiment.ExperimentName} />
            </Link>
          ),
        },
        { id: 'modified', header: 'Last modified', sortingField: 'modified', cell: (experiment) => <Moment time={experiment.LastModifiedTime} /> },
      ]}
      empty={<Empty what="experiments" code={experimentCode} />}
    />
  );
}

export function Trials() {
  const { experiment = '' } = useParams();
  const comparison = useComparison<ShapeTrialSummary>('trial', (trial) => trial.TrialName);
  usePlace({ text: 'Experiments', href: '/experiments' }, { text: experiment, href: experimentPath(experiment) });
  return (
    <ResourceTable<ShapeTrialSummary>
      name={`Trials of ${experiment}`}
      {...comparison}
      keyOf={(trial) => trial.TrialName ?? ''}
      sorted={{ column: 'created', descending: true }}
      fetchPage={async (asked) => {
        if (asked.text) {
          const page = await searched('ExperimentTrial', [{ Name: 'ExperimentName', Operator: 'Equals', Value: experiment }], asked);
          return { items: page.items.flatMap((record) => record.Trial ?? []), next: page.next };
        }
        const page = await sagemaker('ListTrials', { ExperimentName: experiment, MaxResults: asked.size, NextToken: asked.token, ...order(asked) }, asked.signal);
        return { items: page.TrialSummaries ?? [], next: page.NextToken };
      }}
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          sortingField: 'name',
          cell: (trial) => (
            <Link to={trialPath(experiment, trial.TrialName ?? '')}>
              <Plain text={trial.DisplayName ?? trial.TrialName} />
            </Link>
          ),
        },
        { id: 'created', header: 'Created', sortingField: 'created', cell: (trial) => <Moment time={trial.CreationTime} /> },
        { id: 'modified', header: 'Last modified', cell: (trial) => <Moment time={trial.LastModifiedTime} /> },
      ]}
      empty={<Empty what="trials" code={trialCode(experiment)} />}
    />
  );
}

// Without a trial in the address: the components that are in none.
export function Components() {
  const { experiment, trial } = useParams();
  const comparison = useComparison<ShapeTrialComponentSummary>('component', (component) => component.TrialComponentName);
  const unassigned = experiment === undefined || trial === undefined;
  const place = unassigned
    ? [{ text: 'Unassigned trial components', href: '/unassigned' }]
    : [
        { text: 'Experiments', href: '/experiments' },
        { text: experiment, href: experimentPath(experiment) },
        { text: trial, href: trialPath(experiment, trial) },
      ];
  usePlace(...place);
  const from = unassigned ? '' : `?${new URLSearchParams({ experiment, trial })}`;
  return (
    <ResourceTable<ShapeTrialComponentSummary>
      {...comparison}
      name={unassigned ? 'Unassigned trial components' : `Trial components of ${trial}`}
      keyOf={(component) => component.TrialComponentName ?? ''}
      refetchInterval={5000}
      sorted={{ column: 'created', descending: true }}
      fetchPage={async (asked) => {
        if (asked.text || unassigned) {
          const within: ShapeFilter = unassigned ? { Name: 'Parents', Operator: 'NotExists' } : { Name: 'Parents.TrialName', Operator: 'Equals', Value: trial };
          const page = await searched('ExperimentTrialComponent', [within], asked);
          return { items: page.items.flatMap((record) => toSummary(record) ?? []), next: page.next };
        }
        const page = await sagemaker('ListTrialComponents', { TrialName: trial, MaxResults: asked.size, NextToken: asked.token, ...order(asked) }, asked.signal);
        return { items: page.TrialComponentSummaries ?? [], next: page.NextToken };
      }}
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          sortingField: 'name',
          cell: (component) => (
            <Link to={`/trial-components/${encodeURIComponent(component.TrialComponentName ?? '')}${from}`}>
              <Plain text={component.DisplayName ?? component.TrialComponentName} />
            </Link>
          ),
        },
        { id: 'status', header: 'Status', cell: (component) => <Status status={component.Status?.PrimaryStatus} /> },
        { id: 'type', header: 'Type', cell: (component) => component.TrialComponentSource?.SourceType ?? '-' },
        { id: 'duration', header: 'Duration', cell: (component) => duration(between(component.StartTime, component.EndTime)) },
        { id: 'created', header: 'Created', sortingField: 'created', cell: (component) => <Moment time={component.CreationTime} /> },
        { id: 'modified', header: 'Last modified', cell: (component) => <Moment time={component.LastModifiedTime} /> },
      ]}
      empty={<Empty what="trial components" code={unassigned ? undefined : componentCode(trial)} />}
    />
  );
}

// What of a trial component the list shows, as ListTrialComponents tells it.
function toSummary({ TrialComponent: component }: ShapeSearchRecord): ShapeTrialComponentSummary | undefined {
  return component && { ...component, TrialComponentSource: component.Source };
}
