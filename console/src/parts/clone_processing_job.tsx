// A new processing job like an old one: its name, its arguments, its environment and where it runs can be changed.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeDescribeProcessingJobResponse } from '../generated/sagemaker';
import { FormButton, FormModal } from './form_modal';
import { toProcessingRequest } from './job_request';
import { JsonField } from './json_field';
import { countProblem, instanceTypeProblem, nameAfter, nameProblem } from './names';
import { parametersProblem, readParameters } from './parameters';

export function CloneProcessingJob({ job }: { job: ShapeDescribeProcessingJobResponse | undefined }) {
  return (
    <FormButton label="Clone" disabled={!job}>
      {(close) => job && <Form job={job} close={close} />}
    </FormButton>
  );
}

function Form({ job, close }: { job: ShapeDescribeProcessingJobResponse; close: () => void }) {
  const cluster = job.ProcessingResources.ClusterConfig;
  const [name, setName] = useState(() => nameAfter(job.ProcessingJobName));
  const [lines, setLines] = useState(() => (job.AppSpecification.ContainerArguments ?? []).join('\n'));
  const [text, setText] = useState(() => JSON.stringify(job.Environment ?? {}, null, 2));
  const [type, setType] = useState(String(cluster.InstanceType));
  const [count, setCount] = useState(String(cluster.InstanceCount));
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const environment = readParameters(text);
  const wrong = { name: nameProblem(name), type: instanceTypeProblem(type), count: countProblem(count), text: parametersProblem(environment) };
  const create = async () => {
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    const request = toProcessingRequest(job);
    const words = lines === '' ? [] : lines.split('\n');
    await sagemaker('CreateProcessingJob', {
      ...request,
      ProcessingJobName: name,
      Environment: environment,
      AppSpecification: { ...request.AppSpecification, ContainerArguments: words.length > 0 ? words : undefined },
      ProcessingResources: { ClusterConfig: { ...cluster, InstanceType: type, InstanceCount: Number(count) } },
    });
    close();
    navigate(`/processing-jobs/${encodeURIComponent(name)}`);
  };
  return (
    <FormModal label="Clone processing job" go="Create" close={close} submit={create}>
      <FormField label="Job name" errorText={tried ? wrong.name : ''}>
        <Input value={name} onChange={(event) => setName(event.detail.value)} />
      </FormField>
      <FormField label="Arguments" description="One a line">
        <Textarea value={lines} rows={4} spellcheck={false} onChange={(event) => setLines(event.detail.value)} />
      </FormField>
      <JsonField label="Environment" value={text} rows={4} error={tried ? wrong.text : ''} change={setText} />
      <FormField label="Instance type" errorText={tried ? wrong.type : ''}>
        <Input value={type} onChange={(event) => setType(event.detail.value)} />
      </FormField>
      <FormField label="Instance count" errorText={tried ? wrong.count : ''}>
        <Input value={count} type="number" onChange={(event) => setCount(event.detail.value)} />
      </FormField>
    </FormModal>
  );
}
