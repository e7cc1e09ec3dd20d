// The form that makes a model of what a training job left.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeCreateModelInput, ShapeDescribeTrainingJobResponse } from '../generated/sagemaker';
import { FormButton, FormModal } from './form_modal';
import { JsonField } from './json_field';
import { toModel } from './model_request';
import { nameProblem, uriProblem } from './names';
import { parametersProblem, readParameters } from './parameters';

export function CreateModel({ job }: { job: ShapeDescribeTrainingJobResponse | undefined }) {
  const request = job && toModel(job);
  return (
    <FormButton label="Create model" disabled={!request}>
      {(close) => request && <Form request={request} close={close} />}
    </FormButton>
  );
}

function Form({ request, close }: { request: ShapeCreateModelInput; close: () => void }) {
  const container = request.PrimaryContainer;
  const [name, setName] = useState(request.ModelName);
  const [image, setImage] = useState(container?.Image ?? '');
  const [data, setData] = useState(container?.ModelDataUrl ?? '');
  const [text, setText] = useState(() => JSON.stringify(container?.Environment ?? {}, null, 2));
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const environment = readParameters(text);
  const wrong = {
    name: nameProblem(name),
    image: image ? '' : 'An image is needed.',
    data: uriProblem(data),
    text: parametersProblem(environment),
  };
  const create = async () => {
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    await sagemaker('CreateModel', { ...request, ModelName: name, PrimaryContainer: { Image: image, ModelDataUrl: data, Environment: environment } });
    navigate(`/models/${encodeURIComponent(name)}`);
  };
  return (
    <FormModal label="Create model" go="Create" close={close} submit={create}>
      <FormField label="Model name" errorText={tried ? wrong.name : ''}>
        <Input value={name} onChange={(event) => setName(event.detail.value)} />
      </FormField>
      <FormField label="Image" errorText={tried ? wrong.image : ''}>
        <Input value={image} onChange={(event) => setImage(event.detail.value)} />
      </FormField>
      <FormField label="Model data location" errorText={tried ? wrong.data : ''}>
        <Input value={data} onChange={(event) => setData(event.detail.value)} />
      </FormField>
      <JsonField label="Environment" value={text} rows={6} error={tried ? wrong.text : ''} change={setText} />
    </FormModal>
  );
}
