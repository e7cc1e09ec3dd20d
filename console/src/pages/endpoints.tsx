import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import { figure, isRunning } from '../format';
import type { ShapeDescribeEndpointOutput, ShapeEndpointStatus, ShapeEndpointSummary } from '../generated/sagemaker';
import { LineageView } from '../lineage/lineage_view';
import { useAddress } from '../parts/address';
import { Act, Empty, Link, Moment, Plain, Status } from '../parts/basics';
import { Details, Rows, Section } from '../parts/details';
import { EndpointMetrics } from '../parts/endpoint_metrics';
import { usePlace } from '../parts/frame';
import { LogTail } from '../parts/log_tail';
import { ResourceTable } from '../parts/resource_table';
import { Tags } from '../parts/tags';
import { TestInference } from '../parts/test_inference';
import { UpdateEndpoint } from '../parts/update_endpoint';

const list = { text: 'Endpoints', href: '/endpoints' };
const pathOf = (name: string) => `/endpoints/${encodeURIComponent(name)}`;

export function Endpoints() {
  usePlace(list);
  return (
    <ResourceTable<ShapeEndpointSummary>
      name="Endpoints"
      keyOf={(endpoint) => endpoint.EndpointName}
      refetchInterval={5000}
      statuses={['InService', 'Creating', 'Updating', 'RollingBack', 'Failed', 'Deleting']}
      fetchPage={async ({ token, size, text, status, signal }) => {
        const page = await sagemaker(
          'ListEndpoints',
          {
            MaxResults: size,
            NextToken: token,
            NameContains: text || undefined,
            StatusEquals: (status || undefined) as ShapeEndpointStatus | undefined,
            SortBy: 'CreationTime',
            SortOrder: 'Descending',
          },
          signal,
        );
        return { items: page.Endpoints, next: page.NextToken };
      }}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (endpoint) => <Link to={pathOf(endpoint.EndpointName)}>{endpoint.EndpointName}</Link> },
        { id: 'status', header: 'Status', cell: (endpoint) => <Status status={endpoint.EndpointStatus} /> },
        { id: 'created', header: 'Created', cell: (endpoint) => <Moment time={endpoint.CreationTime} /> },
        { id: 'modified', header: 'Last modified', cell: (endpoint) => <Moment time={endpoint.LastModifiedTime} /> },
      ]}
      empty={<Empty what="endpoints" code={'model.deploy(initial_instance_count=1, instance_type="ml.m5.large")'} />}
    />
  );
}

export function Endpoint() {
  const { name = '' } = useParams();
  const navigate = useNavigate();
  const [search, change] = useAddress();
  usePlace(list, { text: name, href: pathOf(name) });
  const query = useQuery({
    queryKey: ['endpoint', name],
    queryFn: ({ signal }) => sagemaker('DescribeEndpoint', { EndpointName: name }, signal),
    refetchInterval: (found) => (isRunning(found.state.data?.EndpointStatus) ? 1500 : 10_000),
  });
  const settled = query.data !== undefined && !isRunning(query.data.EndpointStatus);
  return (
    <Details
      title={name}
      query={query}
      actions={
        <>
          <UpdateEndpoint name={name} disabled={query.data?.EndpointStatus !== 'InService'} />
          <Act
            label="Delete"
            disabled={!settled}
            question={`Delete the endpoint ${name}? It answers no more; its configuration and its models stay.`}
            done={`${name} is being deleted.`}
            act={() => sagemaker('DeleteEndpoint', { EndpointName: name })}
            after={() => navigate('/endpoints')}
          />
        </>
      }
    >
      {(endpoint) => (
        <Tabs
          ariaLabel="Parts of the endpoint"
          activeTabId={search.get('tab') ?? 'settings'}
          onChange={(event) => change({ tab: event.detail.activeTabId })}
          tabs={[
            { id: 'settings', label: 'AWS settings', content: <Settings endpoint={endpoint} /> },
            {
              id: 'metrics',
              label: 'Metrics',
              content: <EndpointMetrics endpoint={endpoint.EndpointName} variants={(endpoint.ProductionVariants ?? []).map((variant) => variant.VariantName)} />,
            },
            { id: 'test', label: 'Test inference', content: <TestInference endpoint={endpoint} /> },
            {
              id: 'log',
              label: 'Log',
              content: <LogTail group={`/aws/sagemaker/Endpoints/${endpoint.EndpointName}`} prefix="" running />,
            },
            { id: 'lineage', label: 'Lineage', content: <LineageView source={endpoint.EndpointArn} /> },
          ]}
        />
      )}
    </Details>
  );
}

function Settings({ endpoint }: { endpoint: ShapeDescribeEndpointOutput }) {
  const config = useQuery({
    queryKey: ['endpoint-config', endpoint.EndpointConfigName],
    enabled: endpoint.EndpointConfigName !== undefined,
    retry: false,
    queryFn: ({ signal }) => sagemaker('DescribeEndpointConfig', { EndpointConfigName: endpoint.EndpointConfigName ?? '' }, signal),
  });
  const configured = (variant: string) => config.data?.ProductionVariants.find((one) => one.VariantName === variant);
  const model = (variant: string) => configured(variant)?.ModelName;
  return (
    <SpaceBetween size="l">
      <Section
        title="Endpoint settings"
        values={[
          ['Name', endpoint.EndpointName],
          ['ARN', <Plain text={endpoint.EndpointArn} />],
          ['Status', <Status status={endpoint.EndpointStatus} />],
          ['Failure reason', <Plain text={endpoint.FailureReason} />],
          ['Created', <Moment time={endpoint.CreationTime} />],
          ['Last modified', <Moment time={endpoint.LastModifiedTime} />],
          ['URL', <Plain text={`${location.origin}/endpoints/${endpoint.EndpointName}/invocations`} />],
          [
            'Endpoint configuration',
            endpoint.EndpointConfigName ? <Link to={`/endpoint-configs/${encodeURIComponent(endpoint.EndpointConfigName)}`}>{endpoint.EndpointConfigName}</Link> : '-',
          ],
          ['Configuration created', <Moment time={config.data?.CreationTime} />],
        ]}
      />
      <Rows
        title="Production variants"
        items={endpoint.ProductionVariants ?? []}
        columns={[
          { name: 'Variant', cell: (variant) => variant.VariantName },
          {
            name: 'Model',
            cell: (variant) => {
              const name = model(variant.VariantName);
              return name ? <Link to={`/models/${encodeURIComponent(name)}`}>{name}</Link> : '-';
            },
          },
          { name: 'Instance type', cell: (variant) => configured(variant.VariantName)?.InstanceType ?? '-' },
          { name: 'Current weight', cell: (variant) => figure(variant.CurrentWeight) },
          { name: 'Desired weight', cell: (variant) => figure(variant.DesiredWeight) },
          { name: 'Current instances', cell: (variant) => figure(variant.CurrentInstanceCount) },
          { name: 'Desired instances', cell: (variant) => figure(variant.DesiredInstanceCount) },
          { name: 'Image', cell: (variant) => <Plain text={variant.DeployedImages?.[0]?.SpecifiedImage} /> },
        ]}
      />
      <Tags arn={endpoint.EndpointArn} />
    </SpaceBetween>
  );
}
