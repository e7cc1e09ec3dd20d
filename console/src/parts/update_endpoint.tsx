// Another configuration for an endpoint: the new instances serve before the old ones go.
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sagemaker } from '../aws';
import { Problem } from './basics';
import { FormButton, FormModal } from './form_modal';

export function UpdateEndpoint({ name, disabled }: { name: string; disabled: boolean }) {
  return (
    <FormButton label="Update" disabled={disabled}>
      {(close) => <Form name={name} close={close} />}
    </FormButton>
  );
}

function Form({ name, close }: { name: string; close: () => void }) {
  const [chosen, setChosen] = useState<string>();
  const client = useQueryClient();
  const configs = useQuery({
    queryKey: ['endpoint-configs'],
    queryFn: ({ signal }) => sagemaker('ListEndpointConfigs', { MaxResults: 100, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal),
  });
  const update = async () => {
    if (!chosen) return;
    await sagemaker('UpdateEndpoint', { EndpointName: name, EndpointConfigName: chosen });
    await client.invalidateQueries();
    close();
  };
  return (
    <FormModal label="Update endpoint" go="Update" ready={chosen !== undefined} close={close} submit={update}>
      <Problem error={configs.error} />
      <FormField label="Endpoint configuration" description="The newest 100">
        <Select
          selectedOption={chosen ? { label: chosen, value: chosen } : null}
          placeholder="Choose one"
          filteringType="auto"
          statusType={configs.isPending ? 'loading' : 'finished'}
          options={(configs.data?.EndpointConfigs ?? []).map((config) => ({ label: config.EndpointConfigName, value: config.EndpointConfigName }))}
          onChange={(event) => setChosen(event.detail.selectedOption.value)}
        />
      </FormField>
    </FormModal>
  );
}
