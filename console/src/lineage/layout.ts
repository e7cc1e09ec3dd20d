// Where the vertices of a lineage are drawn: in layers from left to right, what contributed left of what came of it. Pure functions.
export interface GraphEdge {
  source: string;
  destination: string;
}

export interface Place {
  id: string;
  layer: number;
  row: number;
}

const sweeps = 4;

// The edges without those that would close a circle.
function withoutCircles(ids: readonly string[], edges: readonly GraphEdge[]): GraphEdge[] {
  const next = new Map<string, GraphEdge[]>();
  for (const edge of edges) next.set(edge.source, [...(next.get(edge.source) ?? []), edge]);
  const state = new Map<string, 'open' | 'done'>();
  const kept: GraphEdge[] = [];
  for (const start of ids) {
    const path: { id: string; left: GraphEdge[] }[] = [];
    const enter = (id: string) => {
      state.set(id, 'open');
      path.push({ id, left: [...(next.get(id) ?? [])] });
    };
    if (!state.has(start)) enter(start);
    while (path.length > 0) {
      const top = path[path.length - 1] as { id: string; left: GraphEdge[] };
      const edge = top.left.pop();
      if (!edge) {
        state.set(top.id, 'done');
        path.pop();
        continue;
      }
      if (state.get(edge.destination) === 'open') continue;
      kept.push(edge);
      if (!state.has(edge.destination)) enter(edge.destination);
    }
  }
  return kept;
}

// How far each is from the leftmost that leads to it, at the most.
function layersOf(ids: readonly string[], edges: readonly GraphEdge[]): Map<string, number> {
  const layers = new Map(ids.map((id) => [id, 0])), waits = new Map(ids.map((id) => [id, 0]));
  const next = new Map<string, string[]>();
  for (const { source, destination } of edges) {
    next.set(source, [...(next.get(source) ?? []), destination]);
    waits.set(destination, (waits.get(destination) ?? 0) + 1);
  }
  const ready = ids.filter((id) => waits.get(id) === 0);
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const to of next.get(id) ?? []) {
      layers.set(to, Math.max(layers.get(to) ?? 0, (layers.get(id) ?? 0) + 1));
      waits.set(to, (waits.get(to) ?? 0) - 1);
      if (waits.get(to) === 0) ready.push(to);
    }
  }
  return layers;
}

// What nothing leads to stands right before what it leads to, not at the left end.
function pullRight(layers: Map<string, number>, edges: readonly GraphEdge[]): void {
  const reached = new Set(edges.map((edge) => edge.destination));
  for (const id of layers.keys()) {
    if (reached.has(id)) continue;
    const targets = edges.filter((edge) => edge.source === id).map((edge) => layers.get(edge.destination) ?? 0);
    if (targets.length > 0) layers.set(id, Math.min(...targets) - 1);
  }
}

// Each between its neighbours of the layers beside it, so that fewer lines cross.
function order(layers: string[][], edges: readonly GraphEdge[]): void {
  const neighbours = new Map<string, string[]>();
  for (const { source, destination } of edges) {
    neighbours.set(source, [...(neighbours.get(source) ?? []), destination]);
    neighbours.set(destination, [...(neighbours.get(destination) ?? []), source]);
  }
  const rows = new Map<string, number>();
  const note = (layer: string[]) => layer.forEach((id, row) => rows.set(id, row - (layer.length - 1) / 2));
  layers.forEach(note);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (const layer of sweep % 2 === 0 ? layers : [...layers].reverse()) {
      const centre = new Map(
        layer.map((id) => {
          const near = neighbours.get(id) ?? [];
          return [id, near.length > 0 ? near.reduce((sum, other) => sum + (rows.get(other) ?? 0), 0) / near.length : (rows.get(id) ?? 0)];
        }),
      );
      layer.sort((a, b) => (centre.get(a) ?? 0) - (centre.get(b) ?? 0));
      note(layer);
    }
  }
}

// Rows count from the middle: the layers are centred on each other.
export function layOut(ids: readonly string[], edges: readonly GraphEdge[]): Place[] {
  const known = new Set(ids);
  const forward = withoutCircles(ids, edges.filter((edge) => known.has(edge.source) && known.has(edge.destination) && edge.source !== edge.destination));
  const layerOf = layersOf(ids, forward);
  pullRight(layerOf, forward);
  const layers: string[][] = [];
  for (const id of ids) (layers[layerOf.get(id) ?? 0] ??= []).push(id);
  for (let layer = 0; layer < layers.length; layer += 1) layers[layer] ??= [];
  order(layers, forward);
  return layers.flatMap((layer, column) => layer.map((id, row) => ({ id, layer: column, row: row - (layer.length - 1) / 2 })));
}
