// A list of resources: search and status in the page's address, pages fetched as they are wanted, refresh.
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import TextFilter from '@cloudscape-design/components/text-filter';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import type { Page } from '../list';
import { usePages } from '../list';
import { useAddress } from './address';
import { Problem } from './basics';

// The first page is what a large screen shows at once: a row takes longer to be rendered than to be fetched.
const firstPage = 30, otherPages = 100;

export interface Asked {
  token: string | undefined;
  size: number; // of the page
  text: string;
  status: string;
  sort: string; // the id of a column that has a sortingField
  descending: boolean;
  signal: AbortSignal;
}

interface Props<Item> {
  name: string; // "Training jobs"
  columns: TableProps.ColumnDefinition<Item>[];
  fetchPage: (asked: Asked) => Promise<Page<Item>>;
  keyOf: (item: Item) => string;
  queryKey?: unknown[];
  searchLabel?: string;
  statuses?: string[];
  filters?: ReactNode; // more of them; `filtered`: one of them is set
  filtered?: boolean;
  sorted?: { column: string; descending: boolean }; // until somebody sorts otherwise: the service sorts, not the page
  empty: ReactNode;
  actions?: ReactNode;
  description?: ReactNode;
  refetchInterval?: number;
  selected?: Item[];
  onSelect?: (items: Item[]) => void;
}

export function ResourceTable<Item>(props: Props<Item>) {
  const [search, change] = useAddress();
  const text = search.get('search') ?? '', status = search.get('status') ?? '';
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const sort = search.get('sort') ?? props.sorted?.column ?? '';
  const descending = search.has('order') ? search.get('order') === 'descending' : (props.sorted?.descending ?? false);
  const list = usePages<Item>(
    [props.name, ...(props.queryKey ?? []), text, status, sort, descending],
    (token, signal) => props.fetchPage({ token, size: token ? otherPages : firstPage, text, status, sort, descending, signal }),
    props.refetchInterval,
  );
  const sortingColumn = props.sorted ? props.columns.find((column) => column.id === sort) : undefined;
  const any = { label: 'Any status', value: '' };
  const searchLabel = props.searchLabel ?? `Search ${props.name.toLowerCase()}`;
  return (
    <SpaceBetween size="m">
      <Problem error={list.error} />
      <Table
        items={list.items}
        columnDefinitions={props.columns}
        trackBy={props.keyOf}
        loading={list.isPending}
        loadingText={`Loading ${props.name.toLowerCase()}`}
        empty={text || status || props.filtered ? `Nothing matches.` : props.empty}
        sortingColumn={sortingColumn}
        sortingDescending={descending}
        onSortingChange={(event) => {
          const { sortingColumn: column, isDescending } = event.detail;
          change({ sort: props.columns.find((one) => one.sortingField === column.sortingField)?.id ?? '', order: isDescending ? 'descending' : 'ascending' });
        }}
        variant="full-page"
        stickyHeader
        resizableColumns
        wrapLines
        selectionType={props.onSelect ? 'multi' : undefined}
        selectedItems={props.selected ?? []}
        onSelectionChange={(event) => props.onSelect?.(event.detail.selectedItems)}
        ariaLabels={{
          tableLabel: props.name,
          selectionGroupLabel: 'Selection',
          allItemsSelectionLabel: () => 'Select all',
          itemSelectionLabel: (_, item) => `Select ${props.keyOf(item)}`,
        }}
        header={
          <Header
            variant="awsui-h1-sticky"
            counter={list.isPending ? undefined : `(${list.items.length}${list.hasNextPage ? '+' : ''})`}
            description={props.description}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel="Refresh" loading={list.isRefetching && !list.isFetchingNextPage} onClick={() => void list.refetch()} />
                {props.actions}
              </SpaceBetween>
            }
          >
            {props.name}
          </Header>
        }
        filter={
          <SpaceBetween direction="horizontal" size="xs">
            <TextFilter
              filteringText={typed}
              filteringPlaceholder={searchLabel}
              filteringAriaLabel={searchLabel}
              filteringClearAriaLabel="Clear"
              onDelayedChange={(event) => change({ search: event.detail.filteringText })}
              onChange={(event) => setTyped(event.detail.filteringText)}
            />
            {props.statuses ? (
              <Select
                ariaLabel="Status"
                selectedOption={status ? { label: status, value: status } : any}
                options={[any, ...props.statuses.map((value) => ({ label: value, value }))]}
                onChange={(event) => change({ status: event.detail.selectedOption.value ?? '' })}
              />
            ) : null}
            {props.filters}
          </SpaceBetween>
        }
        footer={
          list.hasNextPage ? (
            <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show more
            </Button>
          ) : undefined
        }
      />
    </SpaceBetween>
  );
}
