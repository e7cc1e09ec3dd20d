// Trial components side by side: a table whose columns are chosen, and charts over its rows. The address has it all, so it can be shared.
import Alert from '@cloudscape-design/components/alert';
import Header from '@cloudscape-design/components/header';
import Multiselect from '@cloudscape-design/components/multiselect';
import PropertyFilter from '@cloudscape-design/components/property-filter';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { AddChart, ComparisonChart } from '../compare/charts';
import { findComponents, mostRows } from '../compare/find';
import type { View } from '../compare/link';
import { readCompared, readView, writeView } from '../compare/link';
import { RunTable } from '../compare/run_table';
import { columnsOf, filterRows, firstColumns, sortRows, titleOf, toRow } from '../compare/runs';
import { Empty, Problem } from '../parts/basics';
import { filterStrings } from '../parts/filter_strings';
import { usePlace } from '../parts/frame';

const operators = ['=', '!=', ':', '!:', '>', '>=', '<', '<='] as const;

export function Compare() {
  const [search, setSearch] = useSearchParams();
  usePlace({ text: 'Trial component list', href: `/compare?${search}` });
  const compared = readCompared(search), view = readView(search);
  const change = (part: Partial<View>) => setSearch((old) => writeView(old, { ...readView(old), ...part }), { replace: true });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const query = useQuery({
    queryKey: ['compare', compared],
    queryFn: async ({ signal }) => {
      const found = await findComponents(compared, signal);
      return { rows: found.components.map(toRow), more: found.more };
    },
    refetchInterval: (found) => (found.state.data?.rows.some((row) => row.running) ? 5000 : false),
  });
  const rows = query.data?.rows ?? [];
  const all = useMemo(() => columnsOf(query.data?.rows ?? []), [query.data]);
  const columns = view.columns ?? firstColumns(all);
  const filter = search.get('filter'), any = view.any;
  const shown = useMemo(
    () => sortRows(filterRows(query.data?.rows ?? [], readView(new URLSearchParams(filter ? { filter } : {})).tokens, any), view.sort, view.descending),
    [query.data, filter, any, view.sort, view.descending],
  );
  const charted = useMemo(() => (selected.size > 0 ? shown.filter((row) => selected.has(row.name)) : shown), [shown, selected]);
  const select = (names: string[], on: boolean) => {
    const next = new Set(selected);
    names.forEach((name) => (on ? next.add(name) : next.delete(name)));
    setSelected(next);
  };
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        counter={query.data ? `(${shown.length === rows.length ? rows.length : `${shown.length} of ${rows.length}`})` : undefined}
        description={selected.size > 0 ? `Charts show the ${selected.size} selected.` : 'Charts show all of the list, lines of a time series the first 20. Select rows to show those alone.'}
        actions={<AddChart rows={rows} columns={all} onAdd={(spec) => change({ charts: [...view.charts, spec] })} />}
      >
        Trial component list
      </Header>
      <Problem error={query.error} />
      {query.data?.more ? <Alert type="warning">There are more than {mostRows} trial components; the newest are shown.</Alert> : null}
      <PropertyFilter
        query={{ tokens: view.tokens, operation: view.any ? 'or' : 'and' }}
        onChange={(event) => change({ tokens: event.detail.tokens.map((token) => ({ propertyKey: token.propertyKey, operator: token.operator, value: String(token.value) })), any: event.detail.operation === 'or' })}
        filteringProperties={['Name', ...all].map((key) => ({ key, propertyLabel: titleOf(key), groupValuesLabel: titleOf(key), operators }))}
        filteringOptions={[]}
        filteringPlaceholder="Filter trial components"
        filteringAriaLabel="Filter trial components"
        i18nStrings={filterStrings}
      />
      <Multiselect
        ariaLabel="Columns"
        placeholder="Choose columns"
        filteringType="auto"
        hideTokens
        selectedOptions={columns.map((value) => ({ value, label: titleOf(value) }))}
        options={all.map((value) => ({ value, label: titleOf(value), description: value }))}
        onChange={(event) => change({ columns: event.detail.selectedOptions.map((option) => option.value ?? '') })}
      />
      {query.isPending ? <Spinner size="large" /> : null}
      {query.data && rows.length === 0 ? <Empty what="trial components" /> : null}
      {rows.length > 0 ? (
        <RunTable
          rows={shown}
          columns={columns}
          sort={view.sort}
          descending={view.descending}
          onSort={(column) => change(column === view.sort ? { descending: !view.descending } : { sort: column, descending: true })}
          selected={selected}
          onSelect={select}
        />
      ) : null}
      {view.charts.map((spec, index) => (
        <ComparisonChart
          key={`${index} ${JSON.stringify(spec)}`}
          spec={spec}
          rows={charted}
          onRemove={() => change({ charts: view.charts.filter((_, other) => other !== index) })}
        />
      ))}
    </SpaceBetween>
  );
}
