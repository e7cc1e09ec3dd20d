// A new processing job like an old one: its name, its arguments, its environment and where it runs can be changed.
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeDescribeProcessingJobResponse } from '../generated/sagemaker';
import { FormModal } from './form_modal';
import { readParameters, toProcessingRequest } from './job_request';
import { countProblem, instanceTypeProblem, nameAfter, nameProblem } from './names';

export function CloneProcessingJob({ job }: { job: ShapeDescribeProcessingJobResponse | undefined }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button disabled={!job} onClick={() => setOpen(true)}>
        Clone
      </Button>
      {open && job ? <Form job={job} close={() => setOpen(false)} /> : null}
    </>
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
  const wrong = { name: nameProblem(name), type: instanceTypeProblem(type), count: countProblem(count), text: environment ? '' : 'A JSON object whose values are all texts is needed.' };
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
      <FormField label="Environment" description="As JSON" errorText={tried ? wrong.text : ''}>
        <Textarea value={text} rows={4} spellcheck={false} onChange={(event) => setText(event.detail.value)} />
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
