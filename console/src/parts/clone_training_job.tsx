// A new training job like an old one: its name, its hyperparameters and where it runs can be changed.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeDescribeTrainingJobResponse } from '../generated/sagemaker';
import { FormButton, FormModal } from './form_modal';
import { toRequest } from './job_request';
import { JsonField } from './json_field';
import { countProblem, instanceTypeProblem, nameAfter, nameProblem } from './names';
import { parametersProblem, readParameters } from './parameters';

export function CloneTrainingJob({ job }: { job: ShapeDescribeTrainingJobResponse | undefined }) {
  return (
    <FormButton label="Clone" disabled={!job}>
      {(close) => job && <Form job={job} close={close} />}
    </FormButton>
  );
}

function Form({ job, close }: { job: ShapeDescribeTrainingJobResponse; close: () => void }) {
  const [name, setName] = useState(() => nameAfter(job.TrainingJobName));
  const [text, setText] = useState(() => JSON.stringify(job.HyperParameters ?? {}, null, 2));
  const [type, setType] = useState(String(job.ResourceConfig?.InstanceType ?? ''));
  const [count, setCount] = useState(String(job.ResourceConfig?.InstanceCount ?? 1));
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const parameters = readParameters(text);
  const wrong = { name: nameProblem(name), type: instanceTypeProblem(type), count: countProblem(count), text: parametersProblem(parameters) };
  const create = async () => {
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    const request = toRequest(job);
    await sagemaker('CreateTrainingJob', {
      ...request,
      TrainingJobName: name,
      HyperParameters: parameters,
      ResourceConfig: { ...request.ResourceConfig, VolumeSizeInGB: request.ResourceConfig?.VolumeSizeInGB ?? 30, InstanceType: type, InstanceCount: Number(count) },
    });
    close();
    navigate(`/training-jobs/${encodeURIComponent(name)}`);
  };
  return (
    <FormModal label="Clone training job" go="Create" close={close} submit={create}>
      <FormField label="Job name" errorText={tried ? wrong.name : ''}>
        <Input value={name} onChange={(event) => setName(event.detail.value)} />
      </FormField>
      <JsonField label="Hyperparameters" value={text} rows={10} error={tried ? wrong.text : ''} change={setText} />
      <FormField label="Instance type" errorText={tried ? wrong.type : ''}>
        <Input value={type} onChange={(event) => setType(event.detail.value)} />
      </FormField>
      <FormField label="Instance count" errorText={tried ? wrong.count : ''}>
        <Input value={count} type="number" onChange={(event) => setCount(event.detail.value)} />
      </FormField>
    </FormModal>
  );
}
