// Log groups, and the streams of one with a filter over all of them.
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router-dom';
import { logs } from '../aws';
import { bytes } from '../format';
import type { ShapeLogGroup } from '../generated/logs';
import { Empty, Link, Moment, Plain, Problem } from '../parts/basics';
import { Rows } from '../parts/details';
import { usePlace } from '../parts/frame';
import { LogTail } from '../parts/log_tail';
import { ResourceTable } from '../parts/resource_table';

const list = { text: 'Logs', href: '/logs' };
const pathOf = (group: string) => `/logs/${encodeURIComponent(group)}`;

export function LogGroups() {
  usePlace(list);
  return (
    <ResourceTable<ShapeLogGroup>
      name="Log groups"
      keyOf={(group) => group.logGroupName ?? ''}
      fetchPage={async ({ token, text, signal }) => {
        const page = await logs('DescribeLogGroups', { logGroupNamePattern: text || undefined, nextToken: token }, signal);
        return { items: page.logGroups ?? [], next: page.nextToken };
      }}
      columns={[
        {
          id: 'name',
          header: 'Name',
          isRowHeader: true,
          cell: (group) => (
            <Link to={pathOf(group.logGroupName ?? '')}>
              <Plain text={group.logGroupName} />
            </Link>
          ),
        },
        { id: 'size', header: 'Size', cell: (group) => bytes(group.storedBytes) },
        { id: 'retention', header: 'Kept for', cell: (group) => (group.retentionInDays ? `${group.retentionInDays} days` : 'ever') },
        { id: 'created', header: 'Created', cell: (group) => <Moment time={group.creationTime === undefined ? undefined : group.creationTime / 1000} /> },
      ]}
      empty={<Empty what="log groups" />}
    />
  );
}

export function LogGroup() {
  const { group = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const stream = search.get('stream') ?? undefined, pattern = search.get('filter') ?? '';
  const [typed, setTyped] = useState(pattern);
  usePlace(list, { text: group, href: pathOf(group) });
  const found = useQuery({
    queryKey: ['filter-log', group, pattern],
    enabled: pattern !== '',
    queryFn: ({ signal }) => logs('FilterLogEvents', { logGroupName: group, filterPattern: pattern, limit: 500 }, signal),
  });
  return (
    <SpaceBetween size="l">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setSearch(typed ? { filter: typed } : {});
        }}
      >
        <FormField label="Filter over all streams" description={'As CloudWatch writes it: words, "a phrase", -without, { $.level = "error" }'}>
          <SpaceBetween direction="horizontal" size="xs">
            <Input type="search" clearAriaLabel="Clear" value={typed} onChange={(event) => setTyped(event.detail.value)} />
            <Button>Filter</Button>
          </SpaceBetween>
        </FormField>
      </form>
      <Problem error={found.error} />
      {pattern ? (
        <Rows
          title="Matching lines"
          loading={found.isPending}
          items={found.data?.events ?? []}
          columns={[
            { name: 'Time', cell: (event) => <Moment time={(event.timestamp ?? 0) / 1000} /> },
            {
              name: 'Stream',
              cell: (event) => (
                <Link to={`${pathOf(group)}?${new URLSearchParams({ stream: event.logStreamName ?? '' })}`}>
                  <Plain text={event.logStreamName} />
                </Link>
              ),
            },
            { name: 'Line', cell: (event) => <Plain text={event.message} /> },
          ]}
        />
      ) : (
        <LogTail key={stream} group={group} prefix="" stream={stream} running />
      )}
    </SpaceBetween>
  );
}
