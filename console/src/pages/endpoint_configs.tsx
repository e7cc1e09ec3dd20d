import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router-dom';
import { sagemaker } from '../aws';
import { figure } from '../format';
import type { ShapeEndpointConfigSummary } from '../generated/sagemaker';
import { Act, Empty, Link, Moment, Plain } from '../parts/basics';
import { Details, Rows, Section } from '../parts/details';
import { usePlace } from '../parts/frame';
import { ResourceTable } from '../parts/resource_table';
import { Tags } from '../parts/tags';

const list = { text: 'Endpoint configurations', href: '/endpoint-configs' };
const pathOf = (name: string) => `${list.href}/${encodeURIComponent(name)}`;

const code = `client.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=[{"VariantName": "AllTraffic", "ModelName": "churn",
                              "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])`;

export function EndpointConfigs() {
  usePlace(list);
  return (
    <ResourceTable<ShapeEndpointConfigSummary>
      name={list.text}
      keyOf={(config) => config.EndpointConfigName}
      fetchPage={async ({ token, size, text, signal }) => {
        const page = await sagemaker('ListEndpointConfigs', { MaxResults: size, NextToken: token, NameContains: text || undefined, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal);
        return { items: page.EndpointConfigs, next: page.NextToken };
      }}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (config) => <Link to={pathOf(config.EndpointConfigName)}>{config.EndpointConfigName}</Link> },
        { id: 'arn', header: 'ARN', cell: (config) => <Plain text={config.EndpointConfigArn} /> },
        { id: 'created', header: 'Created', cell: (config) => <Moment time={config.CreationTime} /> },
      ]}
      empty={<Empty what="endpoint configurations" code={code} />}
    />
  );
}

export function EndpointConfig() {
  const { name = '' } = useParams();
  const navigate = useNavigate();
  usePlace(list, { text: name, href: pathOf(name) });
  const query = useQuery({ queryKey: ['endpoint-config', name], queryFn: ({ signal }) => sagemaker('DescribeEndpointConfig', { EndpointConfigName: name }, signal) });
  return (
    <Details
      title={name}
      query={query}
      actions={
        <Act
          label="Delete"
          question={`Delete the endpoint configuration ${name}? Endpoints that were made of it go on.`}
          done={`${name} was deleted.`}
          act={() => sagemaker('DeleteEndpointConfig', { EndpointConfigName: name })}
          after={() => navigate(list.href)}
        />
      }
    >
      {(config) => (
        <SpaceBetween size="l">
          <Section
            title="Endpoint configuration settings"
            values={[
              ['Name', config.EndpointConfigName],
              ['ARN', <Plain text={config.EndpointConfigArn} />],
              ['Created', <Moment time={config.CreationTime} />],
            ]}
          />
          <Rows
            title="Production variants"
            items={config.ProductionVariants}
            columns={[
              { name: 'Variant', cell: (variant) => variant.VariantName },
              { name: 'Model', cell: (variant) => (variant.ModelName ? <Link to={`/models/${encodeURIComponent(variant.ModelName)}`}>{variant.ModelName}</Link> : '-') },
              { name: 'Instance type', cell: (variant) => variant.InstanceType ?? '-' },
              { name: 'Initial instance count', cell: (variant) => figure(variant.InitialInstanceCount) },
              { name: 'Initial weight', cell: (variant) => figure(variant.InitialVariantWeight) },
            ]}
          />
          <Tags arn={config.EndpointConfigArn} />
        </SpaceBetween>
      )}
    </Details>
  );
}
