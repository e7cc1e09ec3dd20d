// Trial components side by side: a table whose columns are chosen, and charts over its rows. The address has it all, so it can be shared.
import Alert from '@cloudscape-design/components/alert';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { loadCharts } from '../charts/chart';
import { AddChart } from '../compare/add_chart';
import { ComparisonChart } from '../compare/charts';
import { ColumnChoice, RowFilter } from '../compare/controls';
import { findComponents, mostRows } from '../compare/find';
import type { Compared, View } from '../compare/link';
import { mostSelected } from '../compare/link';
import { RunTable } from '../compare/run_table';
import type { Row } from '../compare/runs';
import { columnsOf, filterRows, firstColumns, sortRows, toRow } from '../compare/runs';
import { useSelection, useView } from '../compare/use_view';
import { Empty, Problem } from '../parts/basics';
import { usePlace } from '../parts/frame';
import { useStable } from '../parts/same';

const place = { text: 'Trial component list', href: '/compare' };
const none: Row[] = [];

export function Compare() {
  usePlace(place);
  const { compared, view, change } = useView();
  return <Comparison key={JSON.stringify(compared)} compared={compared} view={view} change={change} />;
}

interface Props {
  compared: Compared;
  view: View;
  change: (part: Partial<View>) => void;
}

function Comparison({ compared, view, change }: Props) {
  const { selected, select, inLink } = useSelection(view, change);
  const query = useQuery({
    queryKey: ['compare', compared],
    queryFn: async ({ signal }) => {
      const found = await findComponents(compared, signal);
      return { rows: found.components.map(toRow), more: found.more };
    },
    refetchInterval: (found) => (found.state.data?.rows.some((row) => row.running) ? 5000 : false),
  });
  const rows = query.data?.rows ?? none;
  const all = useMemo(() => columnsOf(rows), [rows]);
  const columns = useMemo(() => view.columns ?? firstColumns(all), [view.columns, all]);
  const filtered = useMemo(() => filterRows(rows, view.tokens, view.any), [rows, view.tokens, view.any]);
  const shown = useMemo(() => sortRows(filtered, view.sort, view.descending), [filtered, view.sort, view.descending]);
  const charted = useMemo(() => (selected.size > 0 ? shown.filter((row) => selected.has(row.name)) : shown), [shown, selected]);
  const sort = useStable((column: string) => change(column === view.sort ? { descending: !view.descending } : { sort: column, descending: true }));
  const charts = view.charts.length > 0;
  useEffect(() => {
    if (charts) void loadCharts(); // while the rows are looked for
  }, [charts]);
  const chosen = `Charts show the ${charted.length} selected.${inLink ? '' : ` They are more than the ${mostSelected} that a link to this page takes: it has none of them.`}`;
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        counter={query.data ? `(${shown.length === rows.length ? rows.length : `${shown.length} of ${rows.length}`})` : undefined}
        description={selected.size > 0 ? chosen : 'Charts show all of the list, lines of a time series the first 20. Select rows to show those alone.'}
        actions={<AddChart rows={rows} columns={all} onAdd={(spec) => change({ charts: [...view.charts, spec] })} />}
      >
        Trial component list
      </Header>
      <Problem error={query.error} />
      {query.data?.more ? <Alert type="warning">There are more than {mostRows} trial components; the newest are shown.</Alert> : null}
      <RowFilter tokens={view.tokens} any={view.any} all={all} change={change} />
      <ColumnChoice chosen={columns} all={all} change={change} />
      {query.isPending ? <Spinner size="large" /> : null}
      {query.data && rows.length === 0 ? <Empty what="trial components" /> : null}
      {rows.length > 0 ? (
        <RunTable rows={shown} columns={columns} sort={view.sort} descending={view.descending} onSort={sort} selected={selected} onSelect={select} />
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
