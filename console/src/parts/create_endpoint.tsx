// The form that makes an endpoint of a model: a configuration with one variant, and the endpoint.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import { FormButton, FormModal } from './form_modal';
import { countProblem, instanceTypeProblem, nameProblem } from './names';

export function CreateEndpoint({ model }: { model: string }) {
  return (
    <FormButton label="Create endpoint" primary>
      {(close) => <Form model={model} close={close} />}
    </FormButton>
  );
}

function Form({ model, close }: { model: string; close: () => void }) {
  const [name, setName] = useState(model.slice(0, 63));
  const [type, setType] = useState('ml.m5.large');
  const [count, setCount] = useState('1');
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const wrong = { name: nameProblem(name), type: instanceTypeProblem(type), count: countProblem(count) };
  const create = async () => {
    setTried(true);
    if (wrong.name || wrong.type || wrong.count) return;
    await sagemaker('CreateEndpointConfig', {
      EndpointConfigName: name,
      ProductionVariants: [{ VariantName: 'AllTraffic', ModelName: model, InstanceType: type, InitialInstanceCount: Number(count), InitialVariantWeight: 1 }],
    });
    await sagemaker('CreateEndpoint', { EndpointName: name, EndpointConfigName: name });
    navigate(`/endpoints/${encodeURIComponent(name)}`);
  };
  return (
    <FormModal label="Create endpoint" go="Create" close={close} submit={create}>
      <FormField label="Endpoint name" description="Also of its configuration" errorText={tried ? wrong.name : ''}>
        <Input value={name} onChange={(event) => setName(event.detail.value)} />
      </FormField>
      <FormField label="Instance type" errorText={tried ? wrong.type : ''}>
        <Input value={type} onChange={(event) => setType(event.detail.value)} />
      </FormField>
      <FormField label="Instance count" errorText={tried ? wrong.count : ''}>
        <Input value={count} type="number" onChange={(event) => setCount(event.detail.value)} />
      </FormField>
    </FormModal>
  );
}
