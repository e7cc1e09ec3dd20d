// The form that makes an endpoint of a model: a configuration with one variant, and the endpoint.
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import { Problem } from './basics';
import { nameProblem } from './names';

export function CreateEndpoint({ model }: { model: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        Create endpoint
      </Button>
      {open ? <Form model={model} close={() => setOpen(false)} /> : null}
    </>
  );
}

function Form({ model, close }: { model: string; close: () => void }) {
  const [name, setName] = useState(model.slice(0, 63));
  const [type, setType] = useState('ml.m5.large');
  const [count, setCount] = useState('1');
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const navigate = useNavigate();
  const wrongName = nameProblem(name);
  const wrongType = /^ml\.[a-z0-9]+\.[a-z0-9]+$/.test(type) ? '' : 'An instance type looks like ml.m5.large.';
  const wrongCount = /^[1-9]\d{0,3}$/.test(count) ? '' : 'At least one instance is needed.';
  const create = async () => {
    setTried(true);
    if (wrongName || wrongType || wrongCount) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await sagemaker('CreateEndpointConfig', {
        EndpointConfigName: name,
        ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: model, InstanceType: type, InitialInstanceCount: Number(count), InitialVariantWeight: 1 }],
      });
      await sagemaker('CreateEndpoint', { EndpointName: name, EndpointConfigName: name });
      navigate(`/endpoints/${encodeURIComponent(name)}`);
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <Modal
      visible
      header="Create endpoint"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} onClick={() => void create()}>
              Create
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Problem error={problem} />
        <FormField label="Endpoint name" description="Also of its configuration" errorText={tried ? wrongName : ''}>
          <Input value={name} onChange={(event) => setName(event.detail.value)} />
        </FormField>
        <FormField label="Instance type" errorText={tried ? wrongType : ''}>
          <Input value={type} onChange={(event) => setType(event.detail.value)} />
        </FormField>
        <FormField label="Instance count" errorText={tried ? wrongCount : ''}>
          <Input value={count} type="number" onChange={(event) => setCount(event.detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
