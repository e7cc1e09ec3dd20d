// The state of the comparison page, as its address has it: what is compared, which columns, in what order, which of it is selected, which charts.
// Pure functions.
import type { Token } from './runs';

export type ChartSpec =
  | { kind: 'series'; metric: string }
  | { kind: 'summary'; of: string; form: 'histogram' | 'box' }
  | { kind: 'scatter'; x: string; y: string; colour?: string }
  | { kind: 'parallel'; axes: string[] };

export interface View {
  columns?: string[]; // nothing: those that are shown at first
  sort: string;
  descending: boolean;
  tokens: Token[];
  any: boolean; // of the tokens one is enough
  charts: ChartSpec[];
  selected: string[]; // names of trial components, mostSelected at the most
}

// More would make addresses that not everything takes.
export const mostSelected = 50;

export interface Compared {
  experiments: string[];
  trials: string[];
  components: string[];
}

function parse(text: string | null): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function isChart(value: unknown): value is ChartSpec {
  if (!isRecord(value)) return false;
  switch (value.kind) {
    case 'series':
      return isText(value.metric);
    case 'summary':
      return isText(value.of) && (value.form === 'histogram' || value.form === 'box');
    case 'scatter':
      return isText(value.x) && isText(value.y) && (value.colour === undefined || isText(value.colour));
    case 'parallel':
      return Array.isArray(value.axes) && value.axes.every(isText);
    default:
      return false;
  }
}

const isToken = (value: unknown): value is Token =>
  isRecord(value) && isText(value.operator) && isText(value.value) && (value.propertyKey === undefined || isText(value.propertyKey));

export function readCompared(search: URLSearchParams): Compared {
  return { experiments: search.getAll('experiment'), trials: search.getAll('trial'), components: search.getAll('component') };
}

export function readView(search: URLSearchParams): View {
  const tokens = parse(search.get('filter')), charts = parse(search.get('charts'));
  return {
    columns: search.has('column') ? search.getAll('column').filter(Boolean) : undefined,
    sort: search.get('sort') ?? 'Created',
    descending: search.get('order') !== 'ascending',
    tokens: Array.isArray(tokens) ? tokens.filter(isToken) : [],
    any: search.get('any') === 'true',
    charts: Array.isArray(charts) ? charts.filter(isChart) : [],
    selected: search.getAll('selected').slice(0, mostSelected),
  };
}

export function writeView(search: URLSearchParams, view: View): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const name of ['column', 'sort', 'order', 'filter', 'any', 'charts', 'selected']) next.delete(name);
  if (view.columns) (view.columns.length > 0 ? view.columns : ['']).forEach((column) => next.append('column', column));
  if (view.sort !== 'Created') next.set('sort', view.sort);
  if (!view.descending) next.set('order', 'ascending');
  if (view.tokens.length > 0) next.set('filter', JSON.stringify(view.tokens));
  if (view.any) next.set('any', 'true');
  if (view.charts.length > 0) next.set('charts', JSON.stringify(view.charts));
  view.selected.slice(0, mostSelected).forEach((name) => next.append('selected', name));
  return next;
}
