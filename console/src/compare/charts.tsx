// The charts of a comparison, and the form that adds one.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Modal from '@cloudscape-design/components/modal';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo, useState } from 'react';
import { Chart } from '../charts/chart';
import type { Dot } from '../charts/options';
import { boxOption, histogramOption, parallelOption, scatterOption } from '../charts/options';
import { SeriesChart } from '../charts/series_chart';
import type { ChartSpec } from './link';
import type { Row } from './runs';
import { titleOf } from './runs';

export const mostLines = 20;

const numberOf = (row: Row, column: string): number | undefined => {
  const cell = row.cells.get(column);
  return typeof cell === 'number' ? cell : undefined;
};

export function ComparisonChart({ spec, rows, onRemove }: { spec: ChartSpec; rows: Row[]; onRemove: () => void }) {
  if (spec.kind === 'series') return <Series metric={spec.metric} rows={rows} onRemove={onRemove} />;
  return <Figures spec={spec} rows={rows} onRemove={onRemove} />;
}

function Series({ metric, rows, onRemove }: { metric: string; rows: Row[]; onRemove: () => void }) {
  const having = rows.filter((row) => row.metrics.includes(metric)).slice(0, mostLines);
  const text = JSON.stringify(having.map((row) => ({ name: row.title, arn: row.arn, running: row.running })));
  // The same runs are the same object, or every look at the list would draw the chart anew.
  const runs = useMemo(() => JSON.parse(text) as { name: string; arn: string; running: boolean }[], [text]);
  return <SeriesChart metric={metric} runs={runs} onRemove={onRemove} />;
}

function Figures({ spec, rows, onRemove }: { spec: Exclude<ChartSpec, { kind: 'series' }>; rows: Row[]; onRemove: () => void }) {
  const drawn = useMemo(() => {
    if (spec.kind === 'summary') {
      const values = rows.map((row) => numberOf(row, spec.of)).filter((value): value is number => value !== undefined);
      const title = `${spec.form === 'box' ? 'Box plot' : 'Histogram'} of ${titleOf(spec.of)}`;
      return {
        title,
        option: spec.form === 'box' ? boxOption(values, titleOf(spec.of)) : histogramOption(values, titleOf(spec.of)),
        table: [['run', spec.of], ...rows.map((row) => [row.title, row.cells.get(spec.of)])],
      };
    }
    if (spec.kind === 'scatter') {
      const dots = rows.flatMap((row): Dot[] => {
        const x = numberOf(row, spec.x), y = numberOf(row, spec.y);
        return x === undefined || y === undefined ? [] : [{ name: row.title, x, y, colour: spec.colour ? numberOf(row, spec.colour) : undefined }];
      });
      return {
        title: `${titleOf(spec.y)} by ${titleOf(spec.x)}`,
        option: scatterOption(dots, { x: titleOf(spec.x), y: titleOf(spec.y), colour: spec.colour && titleOf(spec.colour) }),
        table: [['run', spec.x, spec.y, spec.colour], ...dots.map((dot) => [dot.name, dot.x, dot.y, dot.colour])],
      };
    }
    const runs = rows.map((row) => ({ name: row.title, values: spec.axes.map((axis) => row.cells.get(axis)) }));
    return {
      title: `Parallel coordinates of ${spec.axes.map(titleOf).join(', ')}`,
      option: parallelOption(runs, spec.axes.map(titleOf)),
      table: [['run', ...spec.axes], ...runs.map((run) => [run.name, ...run.values])],
    };
  }, [spec, rows]);
  return <Chart title={drawn.title} option={drawn.option} rows={() => drawn.table} onRemove={onRemove} />;
}

const kinds = [
  { value: 'series', label: 'Time series' },
  { value: 'histogram', label: 'Summary statistics: histogram' },
  { value: 'box', label: 'Summary statistics: box plot' },
  { value: 'scatter', label: 'Scatter plot' },
  { value: 'parallel', label: 'Parallel coordinates' },
];

// What the form makes; nothing while something is missing.
export function toSpec(kind: string, first: string | undefined, second: string | undefined, colour: string | undefined, axes: string[]): ChartSpec | undefined {
  if (kind === 'parallel') return axes.length > 1 ? { kind, axes } : undefined;
  if (!first) return undefined;
  if (kind === 'series') return { kind, metric: first };
  if (kind === 'histogram' || kind === 'box') return { kind: 'summary', of: first, form: kind };
  return second ? { kind: 'scatter', x: first, y: second, colour } : undefined;
}

export function AddChart({ rows, columns, onAdd }: { rows: Row[]; columns: string[]; onAdd: (spec: ChartSpec) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        Add chart
      </Button>
      {open ? (
        <Form
          rows={rows}
          columns={columns}
          close={() => setOpen(false)}
          onAdd={(spec) => {
            onAdd(spec);
            setOpen(false);
          }}
        />
      ) : null}
    </>
  );
}

function Form({ rows, columns, onAdd, close }: { rows: Row[]; columns: string[]; onAdd: (spec: ChartSpec) => void; close: () => void }) {
  const [kind, setKind] = useState('series');
  const [first, setFirst] = useState<string>();
  const [second, setSecond] = useState<string>();
  const [colour, setColour] = useState<string>();
  const [axes, setAxes] = useState<string[]>([]);
  const metrics = useMemo(() => [...new Set(rows.flatMap((row) => row.metrics))].sort(), [rows]);
  const numeric = useMemo(() => columns.filter((column) => rows.some((row) => typeof row.cells.get(column) === 'number')), [rows, columns]);
  const spec = toSpec(kind, first, second, colour, axes);
  const choose = (label: string, values: string[], value: string | undefined, change: (value: string | undefined) => void, title = titleOf) => (
    <FormField label={label}>
      <Select
        selectedOption={value ? { value, label: title(value) } : null}
        placeholder="Choose one"
        filteringType="auto"
        options={values.map((one) => ({ value: one, label: title(one) }))}
        onChange={(event) => change(event.detail.selectedOption.value)}
      />
    </FormField>
  );
  return (
    <Modal
      visible
      header="Add chart"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!spec} onClick={() => spec && onAdd(spec)}>
              Add
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label="Kind of chart">
          <Select
            selectedOption={kinds.find((one) => one.value === kind) ?? null}
            options={kinds}
            onChange={(event) => {
              setKind(event.detail.selectedOption.value ?? 'series');
              setFirst(undefined);
            }}
          />
        </FormField>
        {kind === 'series' ? choose('Metric', metrics, first, setFirst, (name) => name) : null}
        {kind === 'histogram' || kind === 'box' ? choose('Of', numeric, first, setFirst) : null}
        {kind === 'scatter' ? (
          <>
            {choose('Horizontal axis', numeric, first, setFirst)}
            {choose('Vertical axis', numeric, second, setSecond)}
            {choose('Colour', numeric, colour, setColour)}
          </>
        ) : null}
        {kind === 'parallel' ? (
          <FormField label="Axes">
            <Multiselect
              selectedOptions={axes.map((value) => ({ value, label: titleOf(value) }))}
              options={columns.map((value) => ({ value, label: titleOf(value) }))}
              filteringType="auto"
              placeholder="Choose two or more"
              deselectAriaLabel={(one) => `Remove ${one.label}`}
              onChange={(event) => setAxes(event.detail.selectedOptions.map((one) => one.value ?? ''))}
            />
          </FormField>
        ) : null}
      </SpaceBetween>
    </Modal>
  );
}
