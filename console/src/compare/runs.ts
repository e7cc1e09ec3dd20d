// Trial components as rows of a table whose columns are parameters, statistics of metrics, tags and a few of their own. Pure functions.
import { between } from '../format';
import type { ShapeTrialComponent } from '../generated/sagemaker';

export type Cell = string | number | undefined;

export interface Row {
  name: string; // of the trial component: unique
  title: string;
  arn: string;
  running: boolean;
  metrics: string[];
  cells: Map<string, Cell>;
}

const statistics = ['Last', 'Min', 'Max', 'Avg', 'StdDev', 'Count'] as const;
export const ownColumns = ['Status', 'Type', 'Experiment', 'Trial', 'Created', 'Duration'];
const times = new Set(['Created']);

export const isTime = (column: string): boolean => times.has(column);

export function toRow(component: ShapeTrialComponent): Row {
  const cells = new Map<string, Cell>([
    ['Status', component.Status?.PrimaryStatus],
    ['Type', component.Source?.SourceType],
    ['Experiment', component.Parents?.map((parent) => parent.ExperimentName).join(', ')],
    ['Trial', component.Parents?.map((parent) => parent.TrialName).join(', ')],
    ['Created', component.CreationTime],
    ['Duration', between(component.StartTime, component.EndTime)],
  ]);
  for (const [name, value] of Object.entries(component.Parameters ?? {})) cells.set(`Parameters.${name}`, value.NumberValue ?? value.StringValue);
  for (const metric of component.Metrics ?? []) for (const statistic of statistics) cells.set(`Metrics.${metric.MetricName}.${statistic}`, metric[statistic]);
  for (const tag of component.Tags ?? []) cells.set(`Tags.${tag.Key}`, tag.Value);
  return {
    name: component.TrialComponentName ?? '',
    title: component.DisplayName ?? component.TrialComponentName ?? '',
    arn: component.TrialComponentArn ?? '',
    running: component.Status?.PrimaryStatus === 'InProgress',
    metrics: [...new Set((component.Metrics ?? []).map((metric) => metric.MetricName ?? ''))],
    cells,
  };
}

// Every column that any row has: their own first, the others by name.
export function columnsOf(rows: Row[]): string[] {
  const found = new Set<string>();
  for (const row of rows) for (const column of row.cells.keys()) found.add(column);
  const own = new Set(ownColumns);
  return [...ownColumns, ...[...found].filter((column) => !own.has(column)).sort(byText.compare)];
}

// What is shown until somebody chooses.
export function firstColumns(all: string[]): string[] {
  const parameters = all.filter((column) => column.startsWith('Parameters.') && !column.startsWith('Parameters.sagemaker_') && !column.startsWith('Parameters.SageMaker.'));
  const metrics = all.filter((column) => column.startsWith('Metrics.') && column.endsWith('.Last'));
  return ['Status', 'Created', 'Duration', ...parameters.slice(0, 4), ...metrics.slice(0, 4)];
}

// "Last of loss" of "Metrics.loss.Last".
export function titleOf(column: string): string {
  const metric = /^Metrics\.(.*)\.(Last|Min|Max|Avg|StdDev|Count)$/s.exec(column);
  if (metric) return `${metric[1]} (${metric[2]?.toLowerCase()})`;
  return column.replace(/^(Parameters|Tags)\./, '');
}

const byText = new Intl.Collator(undefined, { numeric: true });

// Numbers before texts; what is not there is last in any order.
export function sortRows(rows: Row[], column: string, descending: boolean): Row[] {
  const of = (row: Row): Cell => (column === 'Name' ? row.title : row.cells.get(column));
  const sign = descending ? -1 : 1;
  return rows
    .map((row) => ({ row, cell: of(row) }))
    .sort((a, b) => {
      if (a.cell === undefined || b.cell === undefined) return Number(a.cell === undefined) - Number(b.cell === undefined);
      if (typeof a.cell === 'number' && typeof b.cell === 'number') return sign * (a.cell - b.cell);
      if (typeof a.cell !== typeof b.cell) return typeof a.cell === 'number' ? -1 : 1;
      return sign * byText.compare(a.cell as string, b.cell as string);
    })
    .map(({ row }) => row);
}

export interface Token {
  propertyKey?: string;
  operator: string;
  value: string;
}

function matches(cell: Cell, operator: string, value: string): boolean {
  const number = Number(value), numeric = typeof cell === 'number' && value.trim() !== '' && Number.isFinite(number);
  switch (operator) {
    case '=':
      return numeric ? cell === number : String(cell ?? '') === value;
    case '!=':
      return numeric ? cell !== number : String(cell ?? '') !== value;
    case '>':
      return numeric && cell > number;
    case '>=':
      return numeric && cell >= number;
    case '<':
      return numeric && cell < number;
    case '<=':
      return numeric && cell <= number;
    case '!:':
      return !String(cell ?? '').toLowerCase().includes(value.toLowerCase());
    default:
      return String(cell ?? '').toLowerCase().includes(value.toLowerCase());
  }
}

// A token without a property looks at the name and every cell.
export function filterRows(rows: Row[], tokens: readonly Token[], any: boolean): Row[] {
  if (tokens.length === 0) return rows;
  const holds = (row: Row, token: Token): boolean => {
    if (token.propertyKey === 'Name') return matches(row.title, token.operator, token.value);
    if (token.propertyKey) return matches(row.cells.get(token.propertyKey), token.operator, token.value);
    const cells = [row.title, row.name, ...row.cells.values()];
    return token.operator.startsWith('!') ? cells.every((cell) => matches(cell, token.operator, token.value)) : cells.some((cell) => matches(cell, token.operator, token.value));
  };
  return rows.filter((row) => (any ? tokens.some((token) => holds(row, token)) : tokens.every((token) => holds(row, token))));
}
