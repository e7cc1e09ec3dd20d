// A lineage as QueryLineage tells it, with the names and sources of its vertices.
import { sagemaker } from '../aws';
import { isRunning } from '../format';
import type { ShapeDirection, ShapeEdge, ShapeVertex } from '../generated/sagemaker';
import type { Vertex } from './vertices';
import { tailOf, toVertex } from './vertices';

export const mostVertices = 300;

export interface Lineage {
  vertices: Vertex[];
  edges: { source: string; destination: string; association: string }[];
  more: boolean;
}

// What a lineage is asked of: something that has one itself, or what stands for it there. Nothing: it has left none.
export async function startOf(source: string, signal: AbortSignal): Promise<string | undefined> {
  if (!source.startsWith('arn:')) return (await sagemaker('ListArtifacts', { SourceUri: source, MaxResults: 1 }, signal)).ArtifactSummaries?.[0]?.ArtifactArn;
  switch (tailOf(source).type) {
    case 'training-job':
    case 'processing-job':
    case 'transform-job':
      return (await sagemaker('ListTrialComponents', { SourceArn: source, MaxResults: 1 }, signal)).TrialComponentSummaries?.[0]?.TrialComponentArn;
    case 'endpoint':
      return (await sagemaker('ListContexts', { SourceUri: source, MaxResults: 1 }, signal)).ContextSummaries?.[0]?.ContextArn;
    default:
      return source;
  }
}

export interface Described {
  name?: string;
  source?: string;
  running?: boolean; // its description may change
}

async function describe(arn: string, signal: AbortSignal): Promise<Described> {
  const { type, name } = tailOf(arn);
  if (type === 'artifact') {
    const artifact = await sagemaker('DescribeArtifact', { ArtifactArn: arn }, signal);
    return { name: artifact.ArtifactName, source: artifact.Source?.SourceUri };
  }
  if (type === 'context') {
    const context = await sagemaker('DescribeContext', { ContextName: name }, signal);
    return { name: context.ContextName, source: context.Source?.SourceUri };
  }
  if (type === 'action') {
    const action = await sagemaker('DescribeAction', { ActionName: name }, signal);
    return { name: action.ActionName, source: action.Source?.SourceUri };
  }
  const component = await sagemaker('DescribeTrialComponent', { TrialComponentName: name }, signal);
  return { name: component.DisplayName, source: component.Source?.SourceArn, running: isRunning(component.Status?.PrimaryStatus) };
}

// `known` are those that were described before, to which it adds: a lineage that grows is read every few seconds.
async function describeAll(arns: string[], known: Map<string, Described>, signal: AbortSignal): Promise<void> {
  const asked = arns.filter((arn) => known.get(arn)?.running ?? true);
  const told = await Promise.all(asked.map((arn) => describe(arn, signal)));
  asked.forEach((arn, index) => known.set(arn, told[index] as Described));
}

export async function readLineage(start: string, direction: ShapeDirection, known: Map<string, Described>, signal: AbortSignal): Promise<Lineage> {
  const found: ShapeVertex[] = [], edges: ShapeEdge[] = [];
  let token: string | undefined;
  do {
    const page = await sagemaker('QueryLineage', { StartArns: [start], Direction: direction, IncludeEdges: true, MaxDepth: 10, MaxResults: 50, NextToken: token }, signal);
    found.push(...(page.Vertices ?? []));
    edges.push(...(page.Edges ?? []));
    token = page.NextToken;
  } while (token && found.length < mostVertices);
  const shown = found.slice(0, mostVertices);
  await describeAll(shown.map((vertex) => vertex.Arn ?? ''), known, signal);
  return {
    vertices: shown.map((vertex) => toVertex(vertex, known.get(vertex.Arn ?? ''))),
    edges: edges.map((edge) => ({ source: edge.SourceArn ?? '', destination: edge.DestinationArn ?? '', association: edge.AssociationType ?? '' })),
    more: token !== undefined || found.length > mostVertices,
  };
}
