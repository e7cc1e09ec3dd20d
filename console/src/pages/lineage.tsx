// Lineage: what there is to begin with, and the graph of one of it.
import Select from '@cloudscape-design/components/select';
import { useSearchParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeArtifactSummary } from '../generated/sagemaker';
import { LineageView } from '../lineage/lineage_view';
import { lineagePath, tailOf } from '../lineage/vertices';
import { useAddress } from '../parts/address';
import { Empty, Link, Moment, Plain } from '../parts/basics';
import { usePlace } from '../parts/frame';
import { ResourceTable } from '../parts/resource_table';

const list = { text: 'Lineage', href: '/lineage' };

const code = `from sagemaker.lineage.artifact import Artifact

Artifact.create(artifact_type="DataSet", source_uri="s3://...", sagemaker_session=session)  # jobs, models and endpoints write theirs by themselves`;

const types = ['DataSet', 'Image', 'Model', 'Checkpoint', 'Code'];

export function Lineage() {
  const [search] = useSearchParams();
  const of = search.get('of');
  return of ? <One source={of} /> : <Artifacts />;
}

function One({ source }: { source: string }) {
  usePlace(list, { text: source.startsWith('arn:') ? tailOf(source).name : source, href: lineagePath(source) });
  return <LineageView key={source} source={source} />;
}

function Artifacts() {
  usePlace(list);
  const [search, change] = useAddress();
  const type = search.get('type') ?? '';
  const any = { label: 'Any type', value: '' };
  return (
    <ResourceTable<ShapeArtifactSummary>
      name="Artifacts"
      description="Data sets, images and models that jobs, models and endpoints have used or made"
      keyOf={(artifact) => artifact.ArtifactArn ?? ''}
      searchLabel="Whole source address"
      queryKey={[type]}
      filtered={type !== ''}
      filters={
        <Select
          ariaLabel="Type"
          selectedOption={type ? { label: type, value: type } : any}
          options={[any, ...types.map((value) => ({ label: value, value }))]}
          onChange={(event) => change({ type: event.detail.selectedOption.value ?? '' })}
        />
      }
      fetchPage={async ({ token, size, text, signal }) => {
        const page = await sagemaker(
          'ListArtifacts',
          { MaxResults: size, NextToken: token, ArtifactType: type || undefined, SourceUri: text || undefined, SortBy: 'CreationTime', SortOrder: 'Descending' },
          signal,
        );
        return { items: page.ArtifactSummaries ?? [], next: page.NextToken };
      }}
      columns={[
        {
          id: 'source',
          header: 'Source',
          isRowHeader: true,
          cell: (artifact) => (
            <Link to={lineagePath(artifact.ArtifactArn ?? '')}>
              <Plain text={artifact.Source?.SourceUri ?? artifact.ArtifactName} />
            </Link>
          ),
        },
        { id: 'type', header: 'Type', cell: (artifact) => <Plain text={artifact.ArtifactType} /> },
        { id: 'created', header: 'Created', cell: (artifact) => <Moment time={artifact.CreationTime} /> },
      ]}
      empty={<Empty what="artifacts" code={code} />}
    />
  );
}
