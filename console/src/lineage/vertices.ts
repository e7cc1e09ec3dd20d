// What a vertex of a lineage is, as its ARN and its description tell. Pure functions.
import type { ShapeVertex } from '../generated/sagemaker';
import { readUri } from '../uri';

export interface Vertex {
  arn: string;
  kind: string; // "DataSet", "TrainingJob", "Endpoint": what stands above its name
  group: 'artifact' | 'component' | 'action' | 'context';
  name: string;
  source?: string; // its URI or ARN
}

// "experiment-trial-component/name" of an ARN.
export function tailOf(arn: string): { type: string; name: string } {
  const tail = arn.split(':').slice(5).join(':');
  const slash = tail.indexOf('/');
  return slash < 0 ? { type: '', name: tail } : { type: tail.slice(0, slash), name: tail.slice(slash + 1) };
}

export function toVertex(vertex: ShapeVertex, described?: { name?: string; source?: string }): Vertex {
  const arn = vertex.Arn ?? '', { type, name } = tailOf(arn);
  const group = type === 'artifact' ? 'artifact' : type === 'action' ? 'action' : type === 'context' ? 'context' : 'component';
  const source = described?.source;
  return { arn, kind: vertex.Type ?? vertex.LineageType ?? type, group, name: shortName(group, name, source, described?.name), source };
}

// An artifact's own name is a hash, and those of deployments and endpoints hold a number: the end of the source says more.
function shortName(group: Vertex['group'], name: string, source: string | undefined, given: string | undefined): string {
  if (group !== 'artifact') return group !== 'component' && source?.startsWith('arn:') ? tailOf(source).name : (given ?? name);
  if (!source) return given ?? name;
  const place = readUri(source);
  if (!place) return source.slice(source.lastIndexOf('/') + 1) || source;
  const parts = place.key.split('/').filter(Boolean);
  return parts.slice(-2).join('/') || place.bucket;
}

// The console's page of what a vertex stands for.
export function pageOf(vertex: Vertex): string | undefined {
  if (vertex.group === 'component') return `/trial-components/${encodeURIComponent(tailOf(vertex.arn).name)}`;
  if (!vertex.source) return undefined;
  return pageOfSource(vertex.source);
}

const paths: Record<string, string> = {
  'training-job': '/training-jobs',
  'processing-job': '/processing-jobs',
  'transform-job': '/transform-jobs',
  endpoint: '/endpoints',
  model: '/models',
};

// The console's page of what an ARN names.
export function pageOfSource(source: string): string | undefined {
  if (!source.startsWith('arn:')) return undefined;
  const { type, name } = tailOf(source);
  const path = paths[type];
  return path && name ? `${path}/${encodeURIComponent(name)}` : undefined;
}

export const lineagePath = (source: string): string => `/lineage?${new URLSearchParams({ of: source })}`;
