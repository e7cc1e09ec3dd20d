// Experiments, the trials in them, and the trial components in those; and the components that belong to no trial.
import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeExperimentSummary, ShapeTrialComponentSummary, ShapeTrialSummary } from '../generated/sagemaker';
import { between, duration } from '../format';
import type { Page } from '../list';
import { Empty, Link, Moment, Plain, Status } from '../parts/basics';
import { usePlace } from '../parts/frame';
import { ResourceTable } from '../parts/resource_table';

const pageSize = 100;

const hasText = (text: string, ...names: (string | undefined)[]) => text === '' || names.some((name) => name?.toLowerCase().includes(text.toLowerCase()));

// The first page from `token` on that has something left after the filter: List operations know no search by name.
async function filtered<Item>(token: string | undefined, list: (token: string | undefined) => Promise<Page<Item>>, keep: (item: Item) => boolean): Promise<Page<Item>> {
  for (;;) {
    const page = await list(token);
    const items = page.items.filter(keep);
    if (items.length > 0 || !page.next) return { items, next: page.next };
    token = page.next;
  }
}

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
      fetchPage={({ token, text, signal }) =>
        filtered(
          token,
          async (next) => {
            const page = await sagemaker('ListExperiments', { MaxResults: pageSize, NextToken: next, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal);
            return { items: page.ExperimentSummaries ?? [], next: page.NextToken };
          },
          (experiment) => hasText(text, experiment.ExperimentName, experiment.DisplayName),
        )
      }
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          cell: (experiment) => (
            <Link to={experimentPath(experiment.ExperimentName ?? '')}>
              <Plain text={experiment.DisplayName ?? experiment.ExperimentName} />
            </Link>
          ),
        },
        { id: 'modified', header: 'Last modified', cell: (experiment) => <Moment time={experiment.LastModifiedTime} /> },
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
      fetchPage={({ token, text, signal }) =>
        filtered(
          token,
          async (next) => {
            const page = await sagemaker('ListTrials', { ExperimentName: experiment, MaxResults: pageSize, NextToken: next, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal);
            return { items: page.TrialSummaries ?? [], next: page.NextToken };
          },
          (trial) => hasText(text, trial.TrialName, trial.DisplayName),
        )
      }
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          cell: (trial) => (
            <Link to={trialPath(experiment, trial.TrialName ?? '')}>
              <Plain text={trial.DisplayName ?? trial.TrialName} />
            </Link>
          ),
        },
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
      fetchPage={({ token, text, signal }) =>
        filtered(
          token,
          async (next) => {
            const page = await sagemaker('ListTrialComponents', { TrialName: trial, MaxResults: pageSize, NextToken: next, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal);
            const all = page.TrialComponentSummaries ?? [];
            return { items: unassigned ? await withoutTrial(all, signal) : all, next: page.NextToken };
          },
          (component) => hasText(text, component.TrialComponentName, component.DisplayName),
        )
      }
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          cell: (component) => (
            <Link to={`/trial-components/${encodeURIComponent(component.TrialComponentName ?? '')}${from}`}>
              <Plain text={component.DisplayName ?? component.TrialComponentName} />
            </Link>
          ),
        },
        { id: 'status', header: 'Status', cell: (component) => <Status status={component.Status?.PrimaryStatus} /> },
        { id: 'type', header: 'Type', cell: (component) => component.TrialComponentSource?.SourceType ?? '-' },
        { id: 'duration', header: 'Duration', cell: (component) => duration(between(component.StartTime, component.EndTime)) },
        { id: 'modified', header: 'Last modified', cell: (component) => <Moment time={component.LastModifiedTime} /> },
      ]}
      empty={<Empty what="trial components" code={unassigned ? undefined : componentCode(trial)} />}
    />
  );
}

async function withoutTrial(components: ShapeTrialComponentSummary[], signal: AbortSignal): Promise<ShapeTrialComponentSummary[]> {
  const trials = await Promise.all(
    components.map((component) => sagemaker('ListTrials', { TrialComponentName: component.TrialComponentName, MaxResults: 1 }, signal)),
  );
  return components.filter((_, index) => (trials[index]?.TrialSummaries ?? []).length === 0);
}
