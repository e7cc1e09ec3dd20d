// Another configuration for an endpoint: the new instances serve before the old ones go.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Modal from '@cloudscape-design/components/modal';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sagemaker } from '../aws';
import { Problem } from './basics';

export function UpdateEndpoint({ name, disabled }: { name: string; disabled: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button disabled={disabled} onClick={() => setOpen(true)}>
        Update
      </Button>
      {open ? <Form name={name} close={() => setOpen(false)} /> : null}
    </>
  );
}

function Form({ name, close }: { name: string; close: () => void }) {
  const [chosen, setChosen] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const client = useQueryClient();
  const configs = useQuery({
    queryKey: ['endpoint-configs'],
    queryFn: ({ signal }) => sagemaker('ListEndpointConfigs', { MaxResults: 100, SortBy: 'CreationTime', SortOrder: 'Descending' }, signal),
  });
  const update = async () => {
    if (!chosen) return;
    setBusy(true);
    try {
      await sagemaker('UpdateEndpoint', { EndpointName: name, EndpointConfigName: chosen });
      await client.invalidateQueries();
      close();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Modal
      visible
      header="Update endpoint"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!chosen} loading={busy} onClick={() => void update()}>
              Update
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Problem error={problem ?? configs.error} />
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
      </SpaceBetween>
    </Modal>
  );
}
