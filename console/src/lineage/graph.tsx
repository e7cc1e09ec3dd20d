// A lineage drawn: boxes in layers, arrows from what contributed to what came of it.
import { useMemo } from 'react';
import { layOut } from './layout';
import type { Lineage } from './read';
import type { Vertex } from './vertices';

const boxWidth = 184, boxHeight = 52, columnWidth = 232, rowHeight = 72, margin = 8, mostText = 24;
const smallest = 0.75; // of its own size it is drawn, where there is less room; then it scrolls

const short = (text: string) => (Array.from(text).length > mostText ? `${Array.from(text).slice(0, mostText - 1).join('')}…` : text);

// What is seen, and the whole of it where it is cut off.
function labelOf(vertex: Vertex): string {
  const seen = `${short(vertex.kind)} ${short(vertex.name)}`, whole = `${vertex.kind} ${vertex.name}`;
  return seen === whole ? whole : `${seen} ${whole}`;
}

interface Props {
  lineage: Lineage;
  start: string;
  selected: string | undefined;
  onSelect: (vertex: Vertex) => void;
}

export function LineageGraph({ lineage, start, selected, onSelect }: Props) {
  const drawn = useMemo(() => {
    const places = layOut(lineage.vertices.map((vertex) => vertex.arn), lineage.edges);
    const top = Math.min(0, ...places.map((place) => place.row)), bottom = Math.max(0, ...places.map((place) => place.row));
    const at = new Map(places.map((place) => [place.id, { x: margin + place.layer * columnWidth, y: margin + (place.row - top) * rowHeight }]));
    const layers = Math.max(0, ...places.map((place) => place.layer)) + 1;
    return { at, width: 2 * margin + (layers - 1) * columnWidth + boxWidth, height: 2 * margin + (bottom - top) * rowHeight + boxHeight };
  }, [lineage]);
  return (
    <div className="lineage" role="group" tabIndex={0} aria-label="Lineage graph">
      <svg style={{ width: drawn.width, minWidth: smallest * drawn.width }} viewBox={`0 0 ${drawn.width} ${drawn.height}`} data-testid="lineage-graph">
        <defs>
          <marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path d="M0 0 L10 5 L0 10 z" className="lineage-tip" />
          </marker>
        </defs>
        {lineage.edges.map((edge) => {
          const from = drawn.at.get(edge.source), to = drawn.at.get(edge.destination);
          if (!from || !to) return null;
          const x1 = from.x + boxWidth, y1 = from.y + boxHeight / 2, x2 = to.x, y2 = to.y + boxHeight / 2;
          const bend = Math.max(40, (x2 - x1) / 2);
          return (
            <path
              key={`${edge.source} ${edge.destination}`}
              className="lineage-edge"
              d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}`}
              markerEnd="url(#arrow)"
            >
              <title>{edge.association}</title>
            </path>
          );
        })}
        {lineage.vertices.map((vertex) => {
          const place = drawn.at.get(vertex.arn);
          if (!place) return null;
          const classes = ['lineage-box', `lineage-${vertex.group}`, vertex.arn === start ? 'lineage-start' : '', vertex.arn === selected ? 'lineage-selected' : ''];
          return (
            <g
              key={vertex.arn}
              className={classes.join(' ')}
              transform={`translate(${place.x} ${place.y})`}
              role="button"
              tabIndex={0}
              aria-pressed={vertex.arn === selected}
              aria-label={labelOf(vertex)}
              onClick={() => onSelect(vertex)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' && event.key !== ' ') return;
                event.preventDefault();
                onSelect(vertex);
              }}
            >
              <rect width={boxWidth} height={boxHeight} rx="6" />
              <text x="12" y="20" className="lineage-kind">
                {short(vertex.kind)}
              </text>{' '}
              <text x="12" y="39">{short(vertex.name)}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
