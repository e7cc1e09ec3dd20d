// The list of jobs of one kind, and the frame of one job's page.
import Select from '@cloudscape-design/components/select';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useParams } from 'react-router-dom';
import { between, duration, isRunning } from '../format';
import { LineageButton } from '../lineage/lineage_button';
import type { Page } from '../list';
import { useAddress } from './address';
import { Act, Empty, Link, Moment, Status } from './basics';
import { Details } from './details';
import type { Crumb } from './frame';
import { usePlace } from './frame';
import { ResourceTable } from './resource_table';

// What all lists of jobs ask for.
export interface JobQuery<JobStatus> {
  MaxResults: number;
  NextToken?: string;
  NameContains?: string;
  StatusEquals?: JobStatus;
  CreationTimeAfter?: number;
  SortBy: 'Name' | 'CreationTime' | 'Status';
  SortOrder: 'Ascending' | 'Descending';
}

export interface JobEntry {
  name: string;
  status: string;
  created: number;
  ended?: number;
}

export type JobStatus = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

const statuses: JobStatus[] = ['InProgress', 'Completed', 'Failed', 'Stopping', 'Stopped'];
const spans = [
  { value: '', label: 'Created at any time' },
  { value: '3600', label: 'Created in the last hour' },
  { value: '86400', label: 'Created in the last day' },
  { value: '604800', label: 'Created in the last week' },
];
const sortOf: Record<string, 'Name' | 'CreationTime' | 'Status'> = { name: 'Name', created: 'CreationTime', status: 'Status' };

interface ListProps {
  place: Crumb;
  code: string; // what would make one
  list: (query: JobQuery<JobStatus>, signal: AbortSignal) => Promise<Page<JobEntry>>;
}

export function JobList({ place, code, list }: ListProps) {
  usePlace(place);
  const [search, change] = useAddress();
  const within = search.get('within') ?? '';
  return (
    <ResourceTable<JobEntry>
      name={place.text}
      keyOf={(job) => job.name}
      refetchInterval={5000}
      statuses={statuses}
      queryKey={[within]}
      filtered={within !== ''}
      filters={
        <Select
          ariaLabel="Creation time"
          selectedOption={spans.find((span) => span.value === within) ?? null}
          options={spans}
          onChange={(event) => change({ within: event.detail.selectedOption.value ?? '' })}
        />
      }
      sorted={{ column: 'created', descending: true }}
      fetchPage={({ token, size, text, status, sort, descending, signal }) =>
        list(
          {
            MaxResults: size,
            NextToken: token,
            NameContains: text || undefined,
            StatusEquals: (status || undefined) as JobStatus | undefined,
            CreationTimeAfter: within ? Math.floor(Date.now() / 1000) - Number(within) : undefined,
            SortBy: sortOf[sort] ?? 'CreationTime',
            SortOrder: descending ? 'Descending' : 'Ascending',
          },
          signal,
        )
      }
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, sortingField: 'name', cell: (job) => <Link to={`${place.href}/${encodeURIComponent(job.name)}`}>{job.name}</Link> },
        { id: 'status', header: 'Status', sortingField: 'status', cell: (job) => <Status status={job.status} /> },
        { id: 'created', header: 'Created', sortingField: 'created', cell: (job) => <Moment time={job.created} /> },
        { id: 'duration', header: 'Duration', cell: (job) => duration(between(job.created, job.ended)) },
      ]}
      empty={<Empty what={place.text.toLowerCase()} code={code} />}
    />
  );
}

interface PageProps<Job> {
  place: Crumb; // of the list
  one: string; // "training job"
  describe: (name: string, signal: AbortSignal) => Promise<Job>;
  statusOf: (job: Job) => string | undefined;
  arnOf: (job: Job) => string | undefined;
  stop: (name: string) => Promise<unknown>;
  stopNote?: string;
  actions?: (job: Job | undefined) => ReactNode;
  children: (job: Job) => ReactNode;
}

export function JobPage<Job>({ place, one, describe, statusOf, arnOf, stop, stopNote, actions, children }: PageProps<Job>) {
  const { name = '' } = useParams();
  usePlace(place, { text: name, href: `${place.href}/${encodeURIComponent(name)}` });
  const query = useQuery({
    queryKey: [one, name],
    queryFn: ({ signal }) => describe(name, signal),
    refetchInterval: (found) => (found.state.data && isRunning(statusOf(found.state.data)) ? 1500 : false),
  });
  const running = query.data !== undefined && statusOf(query.data) === 'InProgress';
  return (
    <Details
      key={name}
      title={name}
      query={query}
      actions={
        <>
          <LineageButton source={query.data && arnOf(query.data)} />
          {actions?.(query.data)}
          <Act
            label="Stop"
            disabled={!running}
            question={`Stop the ${one} ${name}?${stopNote ? ` ${stopNote}` : ''}`}
            done={`${name} is stopping.`}
            act={() => stop(name)}
          />
        </>
      }
    >
      {children}
    </Details>
  );
}
