import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeContainerDefinition, ShapeDescribeModelOutput, ShapeModelSummary } from '../generated/sagemaker';
import { LineageButton } from '../lineage/lineage_button';
import { Act, Empty, Link, Moment, Plain, S3Link } from '../parts/basics';
import { CreateEndpoint } from '../parts/create_endpoint';
import { CreateTransform } from '../parts/create_transform';
import { Details, Pairs, Section } from '../parts/details';
import { usePlace } from '../parts/frame';
import { ResourceTable } from '../parts/resource_table';
import { Tags } from '../parts/tags';

const list = { text: 'Models', href: '/models' };
const pathOf = (name: string) => `/models/${encodeURIComponent(name)}`;

const code = `from sagemaker.sklearn import SKLearnModel

SKLearnModel(model_data="s3://.../model.tar.gz", role=role, entry_point="inference.py", framework_version="1.2-1").create()`;

export function Models() {
  usePlace(list);
  return (
    <ResourceTable<ShapeModelSummary>
      name="Models"
      keyOf={(model) => model.ModelName}
      fetchPage={async ({ token, size, text, signal }) => {
        const page = await sagemaker('ListModels', { MaxResults: size, NextToken: token, NameContains: text || undefined, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal);
        return { items: page.Models, next: page.NextToken };
      }}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (model) => <Link to={pathOf(model.ModelName)}>{model.ModelName}</Link> },
        { id: 'arn', header: 'ARN', cell: (model) => <Plain text={model.ModelArn} /> },
        { id: 'created', header: 'Created', cell: (model) => <Moment time={model.CreationTime} /> },
      ]}
      empty={<Empty what="models" code={code} />}
    />
  );
}

export function Model() {
  const { name = '' } = useParams();
  const navigate = useNavigate();
  usePlace(list, { text: name, href: pathOf(name) });
  const query = useQuery({ queryKey: ['model', name], queryFn: ({ signal }) => sagemaker('DescribeModel', { ModelName: name }, signal) });
  return (
    <Details
      title={name}
      query={query}
      actions={
        <>
          <LineageButton source={query.data && dataOf(query.data)} />
          <CreateEndpoint model={name} />
          <CreateTransform model={name} />
          <Act
            label="Delete"
            question={`Delete the model ${name}? Its files in S3 stay.`}
            done={`${name} was deleted.`}
            act={() => sagemaker('DeleteModel', { ModelName: name })}
            after={() => navigate('/models')}
          />
        </>
      }
    >
      {(model) => <Parts model={model} />}
    </Details>
  );
}

// Its first container's model, for which it stands in lineages.
function dataOf(model: ShapeDescribeModelOutput): string | undefined {
  const container = model.PrimaryContainer ?? model.Containers?.[0];
  return container?.ModelDataUrl ?? container?.ModelDataSource?.S3DataSource?.S3Uri;
}

function Parts({ model }: { model: ShapeDescribeModelOutput }) {
  const containers = model.Containers ?? (model.PrimaryContainer ? [model.PrimaryContainer] : []);
  return (
    <SpaceBetween size="l">
      <Section
        title="Model settings"
        columns={2}
        values={[
          ['Name', model.ModelName],
          ['ARN', <Plain text={model.ModelArn} />],
          ['Created', <Moment time={model.CreationTime} />],
          ['IAM role', <Plain text={model.ExecutionRoleArn} />],
        ]}
      />
      {containers.map((container, index) => (
        <Container key={index} container={container} title={containers.length > 1 ? `Container ${index + 1}` : 'Container'} />
      ))}
      <Tags arn={model.ModelArn} />
    </SpaceBetween>
  );
}

// "s3://bucket/prefix/<job>/output/model.tar.gz" is where a training job leaves its model.
export function trainingJobOf(data: string | undefined): string | undefined {
  return /\/([^/]+)\/output\/model\.tar\.gz$/.exec(data ?? '')?.[1];
}

function Container({ container, title }: { container: ShapeContainerDefinition; title: string }) {
  const data = container.ModelDataUrl ?? container.ModelDataSource?.S3DataSource?.S3Uri;
  const named = trainingJobOf(data);
  const job = useQuery({
    queryKey: ['training-job-of-model', data],
    enabled: named !== undefined,
    retry: false,
    queryFn: ({ signal }) => sagemaker('DescribeTrainingJob', { TrainingJobName: named ?? '' }, signal),
  });
  const made = job.data?.ModelArtifacts?.S3ModelArtifacts === data ? job.data?.TrainingJobName : undefined;
  return (
    <>
      <Section
        title={title}
        columns={2}
        values={[
          ['Image', <Plain text={container.Image} />],
          ['Mode', container.Mode],
          ['Model data location', <S3Link uri={data} />],
          ['Training job', made ? <Link to={`/training-jobs/${encodeURIComponent(made)}`}>{made}</Link> : '-'],
        ]}
      />
      <Pairs title="Environment" values={container.Environment} />
    </>
  );
}
