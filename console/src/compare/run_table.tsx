// A table of thousands of rows and any number of columns: what is out of sight is not in the document.
import Checkbox from '@cloudscape-design/components/checkbox';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useRef } from 'react';
import { duration, figure, localTime, utcTime } from '../format';
import { Link, Status } from '../parts/basics';
import type { Cell, Row } from './runs';
import { isTime, titleOf } from './runs';

const rowHeight = 36, mostHeight = 460, barHeight = 18, nameWidth = 260, cellWidth = 140, timeWidth = 210, boxWidth = 44;

const widthOf = (column: string) => (isTime(column) ? timeWidth : cellWidth);

interface Props {
  rows: Row[];
  columns: string[];
  sort: string;
  descending: boolean;
  onSort: (column: string) => void;
  selected: ReadonlySet<string>;
  onSelect: (names: string[], on: boolean) => void;
}

function Value({ column, cell }: { column: string; cell: Cell }) {
  if (cell === undefined || cell === '') return <>-</>;
  if (column === 'Status') return <Status status={String(cell)} />;
  if (column === 'Duration' && typeof cell === 'number') return <>{duration(cell)}</>;
  if (isTime(column)) return <time title={utcTime(cell)}>{localTime(cell)}</time>;
  return typeof cell === 'number' ? <>{figure(cell)}</> : <bdi title={cell}>{cell}</bdi>;
}

interface LineProps {
  row: Row;
  columns: string[];
  index: number;
  top: number;
  width: number;
  selected: boolean;
  onSelect: (names: string[], on: boolean) => void;
}

const Line = memo(function Line({ row, columns, index, top, width, selected, onSelect }: LineProps) {
  return (
    <div role="row" aria-rowindex={index + 2} className="runs-row runs-line" style={{ height: rowHeight, width, transform: `translateY(${top}px)` }}>
      <div role="cell" className="runs-cell" style={{ width: boxWidth }}>
        <Checkbox checked={selected} ariaLabel={`Select ${row.title}`} onChange={(event) => onSelect([row.name], event.detail.checked)} />
      </div>
      <div role="rowheader" className="runs-cell" style={{ width: nameWidth }}>
        <Link to={`/trial-components/${encodeURIComponent(row.name)}`}>
          <bdi>{row.title}</bdi>
        </Link>
      </div>
      {columns.map((column) => (
        <div key={column} role="cell" className="runs-cell" style={{ width: widthOf(column) }}>
          <Value column={column} cell={row.cells.get(column)} />
        </div>
      ))}
    </div>
  );
});

export const RunTable = memo(function RunTable(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({ count: props.rows.length, getScrollElement: () => box.current, estimateSize: () => rowHeight, overscan: 10 });
  const width = boxWidth + nameWidth + props.columns.reduce((sum, column) => sum + widthOf(column), 0);
  const all = props.rows.length > 0 && props.rows.every((row) => props.selected.has(row.name));
  const head = (column: string, title: string, size: number) => (
    <div key={column} role="columnheader" className="runs-cell" style={{ width: size }} aria-sort={props.sort === column ? (props.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className="runs-sort" onClick={() => props.onSort(column)} title={title}>
        <bdi>{title}</bdi>
        <span aria-hidden="true">{props.sort === column ? (props.descending ? ' ▼' : ' ▲') : ''}</span>
      </button>
    </div>
  );
  return (
    <div ref={box} className="runs" style={{ height: Math.min(mostHeight, (props.rows.length + 1) * rowHeight + barHeight) }} role="table" aria-label="Trial components" aria-rowcount={props.rows.length + 1} tabIndex={0}>
      <div role="rowgroup" className="runs-head" style={{ width }}>
        <div role="row" aria-rowindex={1} className="runs-row" style={{ height: rowHeight, width }}>
          <div role="columnheader" className="runs-cell" style={{ width: boxWidth }}>
            <Checkbox checked={all} ariaLabel="Select all" onChange={(event) => props.onSelect(props.rows.map((row) => row.name), event.detail.checked)} />
          </div>
          {head('Name', 'Name', nameWidth)}
          {props.columns.map((column) => head(column, titleOf(column), widthOf(column)))}
        </div>
      </div>
      <div role="rowgroup" style={{ height: virtual.getTotalSize(), width, position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => {
          const row = props.rows[item.index] as Row;
          // By their places: what is sorted otherwise is written into the lines that are there.
          return (
            <Line
              key={item.index}
              row={row}
              columns={props.columns}
              index={item.index}
              top={item.start}
              width={width}
              selected={props.selected.has(row.name)}
              onSelect={props.onSelect}
            />
          );
        })}
      </div>
    </div>
  );
});
