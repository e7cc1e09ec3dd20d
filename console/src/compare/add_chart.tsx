// The form that adds a chart to a comparison.
import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import { useMemo, useState } from 'react';
import { FormButton, FormModal } from '../parts/form_modal';
import type { ChartSpec } from './link';
import type { Row } from './runs';
import { titleOf } from './runs';

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
  return (
    <FormButton label="Add chart" primary>
      {(close) => <Form rows={rows} columns={columns} onAdd={onAdd} close={close} />}
    </FormButton>
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
  const add = async () => {
    if (spec) onAdd(spec);
    close();
  };
  return (
    <FormModal label="Add chart" go="Add" ready={spec !== undefined} close={close} submit={add}>
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
    </FormModal>
  );
}
