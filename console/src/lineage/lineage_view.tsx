// The lineage of a resource (its ARN) or a place (its S3 address): the graph, what is chosen in it, and its associations as a table.
import Alert from '@cloudscape-design/components/alert';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ShapeDirection } from '../generated/sagemaker';
import { Empty, Link, Plain, Problem, S3Link } from '../parts/basics';
import { Rows, Section } from '../parts/details';
import { LineageGraph } from './graph';
import type { Described, Lineage } from './read';
import { mostVertices, readLineage, startOf } from './read';
import type { Vertex } from './vertices';
import { lineagePath, pageOf, pageOfSource } from './vertices';

const directions: { id: ShapeDirection; text: string }[] = [
  { id: 'Both', text: 'All' },
  { id: 'Ascendants', text: 'Where it comes from' },
  { id: 'Descendants', text: 'What came of it' },
];

export function LineageView({ source, running }: { source: string | undefined; running?: boolean }) {
  const [direction, setDirection] = useState<ShapeDirection>('Both');
  const [chosen, setChosen] = useState<string>();
  const [known] = useState(() => new Map<string, Described>());
  const query = useQuery({
    queryKey: ['lineage', source, direction],
    enabled: source !== undefined,
    queryFn: async ({ signal }) => {
      const start = await startOf(source ?? '', signal);
      return { start, lineage: start ? await readLineage(start, direction, known, signal) : undefined };
    },
    refetchInterval: running ? 5000 : false,
  });
  const lineage = query.data?.lineage;
  const at = (arn: string | undefined) => lineage?.vertices.find((vertex) => vertex.arn === arn);
  const selected = at(chosen) ?? at(query.data?.start); // what was chosen need not lie in another direction
  return (
    <SpaceBetween size="l">
      <Problem error={query.error} />
      {lineage?.more ? <Alert type="warning">There is more than is drawn: the nearest {mostVertices} are shown.</Alert> : null}
      <Container
        header={
          <Header
            variant="h2"
            description="From data sets and images by jobs to models, their deployment and endpoints"
            actions={<SegmentedControl label="Direction" selectedId={direction} options={directions} onChange={(event) => setDirection(event.detail.selectedId as ShapeDirection)} />}
          >
            Lineage
          </Header>
        }
      >
        {query.isPending ? <Spinner size="large" /> : null}
        {query.data && !lineage ? <Empty what="lineage" /> : null}
        {lineage && query.data?.start ? <LineageGraph lineage={lineage} start={query.data.start} selected={selected?.arn} onSelect={(vertex) => setChosen(vertex.arn)} /> : null}
      </Container>
      {selected ? <Chosen vertex={selected} /> : null}
      {lineage ? <Associations lineage={lineage} /> : null}
    </SpaceBetween>
  );
}

function Source({ vertex }: { vertex: Vertex }) {
  const page = vertex.source ? pageOfSource(vertex.source) : undefined;
  if (!page) return <S3Link uri={vertex.source} />;
  return (
    <Link to={page}>
      <Plain text={vertex.source} />
    </Link>
  );
}

function Chosen({ vertex }: { vertex: Vertex }) {
  const page = pageOf(vertex);
  return (
    <Section
      title="Selected"
      columns={2}
      values={[
        ['Type', <Plain text={vertex.kind} />],
        ['Name', page ? <Link to={page}><Plain text={vertex.name} /></Link> : <Plain text={vertex.name} />],
        ['ARN', <Plain text={vertex.arn} />],
        ['Source', <Source vertex={vertex} />],
        ['Its own lineage', <Link to={lineagePath(vertex.arn)}>Open</Link>],
      ]}
    />
  );
}

function Associations({ lineage }: { lineage: Lineage }) {
  const byArn = new Map(lineage.vertices.map((vertex) => [vertex.arn, vertex]));
  const text = (arn: string) => {
    const vertex = byArn.get(arn);
    return <Plain text={vertex ? `${vertex.kind} ${vertex.name}` : arn} />;
  };
  return (
    <Rows
      title="Associations"
      items={lineage.edges}
      columns={[
        { name: 'Source', cell: (edge) => text(edge.source) },
        { name: 'Association', cell: (edge) => edge.association || '-' },
        { name: 'Destination', cell: (edge) => text(edge.destination) },
      ]}
    />
  );
}
