// The page of one resource: a heading with actions, and sections of names and values.
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Table from '@cloudscape-design/components/table';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Empty, Plain, Problem } from './basics';

export function Section({ title, values, columns = 3 }: { title: string; values: [string, ReactNode][]; columns?: number }) {
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <KeyValuePairs columns={columns} items={values.map(([label, value]) => ({ label, value: value ?? '-' }))} />
    </Container>
  );
}

export interface Column<Item> {
  name: string;
  cell: (item: Item) => ReactNode;
}

interface RowsProps<Item> {
  title: string;
  items: Item[];
  columns: Column<Item>[];
  loading?: boolean;
  actions?: ReactNode;
  empty?: ReactNode;
}

// A small table within a page.
export function Rows<Item>({ title, items, columns, loading, actions, empty }: RowsProps<Item>) {
  return (
    <Table
      items={items}
      variant="container"
      wrapLines
      ariaLabels={{ tableLabel: title }}
      header={
        <Header variant="h2" counter={`(${items.length})`} actions={actions}>
          {title}
        </Header>
      }
      columnDefinitions={columns.map((column, index) => ({ id: column.name, header: column.name, cell: column.cell, isRowHeader: index === 0 }))}
      loading={loading}
      loadingText={`Loading ${title.toLowerCase()}`}
      empty={empty ?? <Empty what={title.toLowerCase()} />}
    />
  );
}

// Names and values, as parameters and environments are.
export function Pairs({ title, values }: { title: string; values: Record<string, ReactNode> | undefined }) {
  return (
    <Rows
      title={title}
      items={Object.entries(values ?? {})}
      columns={[
        { name: 'Name', cell: ([name]) => <Plain text={name} /> },
        { name: 'Value', cell: ([, value]) => (typeof value === 'string' ? <Plain text={value} /> : value) },
      ]}
    />
  );
}

export function Details<Data>({ title, query, actions, children }: { title: string; query: UseQueryResult<Data>; actions?: ReactNode; children: (data: Data) => ReactNode }) {
  return (
    <SpaceBetween size="l">
      <Header variant="h1" actions={<div className="actions">{actions}</div>}>
        <Plain text={title} />
      </Header>
      <Problem error={query.error} />
      {query.data ? children(query.data) : query.isPending ? <Spinner size="large" /> : null}
    </SpaceBetween>
  );
}
