// The form that runs a model over files of S3: for a model, for what a training job left, or like a job that ran before.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { ApiError } from '../api_error';
import { sagemaker } from '../aws';
import type { ShapeAssemblyType, ShapeBatchStrategy, ShapeCreateTransformJobRequest, ShapeDescribeTrainingJobResponse, ShapeDescribeTransformJobResponse, ShapeSplitType } from '../generated/sagemaker';
import { FormButton, FormModal } from './form_modal';
import { toTransformRequest } from './job_request';
import { toModel } from './model_request';
import { countProblem, instanceTypeProblem, nameAfter, nameProblem, uriProblem } from './names';

const label = 'Create batch transform job';

function empty(model: string): ShapeCreateTransformJobRequest {
  return {
    TransformJobName: model,
    ModelName: model,
    BatchStrategy: 'MultiRecord',
    TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: '' } }, ContentType: 'text/csv', SplitType: 'Line' },
    TransformOutput: { S3OutputPath: '', AssembleWith: 'Line' },
    TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
  };
}

export function CreateTransform({ model }: { model: string }) {
  return <FormButton label={label}>{(close) => <Form like={empty(model)} label={label} close={close} />}</FormButton>;
}

// The job's model is made first where there is none of its name.
export function TransformByJob({ job }: { job: ShapeDescribeTrainingJobResponse | undefined }) {
  const request = job && toModel(job);
  const makeModel = async () => {
    if (!request) return;
    try {
      const there = await sagemaker('DescribeModel', { ModelName: request.ModelName });
      if (there.PrimaryContainer?.ModelDataUrl !== request.PrimaryContainer?.ModelDataUrl) throw new Error(`There is another model of the name ${request.ModelName}.`);
    } catch (error) {
      if (!(error instanceof ApiError) || !error.message.includes('Could not find model')) throw error;
      await sagemaker('CreateModel', request);
    }
  };
  return (
    <FormButton label={label} disabled={!request}>
      {(close) => request && <Form like={empty(request.ModelName)} label={label} before={makeModel} close={close} />}
    </FormButton>
  );
}

export function CloneTransformJob({ job }: { job: ShapeDescribeTransformJobResponse | undefined }) {
  return (
    <FormButton label="Clone" disabled={!job}>
      {(close) => job && <Form like={toTransformRequest(job)} label="Clone batch transform job" close={close} />}
    </FormButton>
  );
}

interface FormProps {
  like: ShapeCreateTransformJobRequest;
  label: string;
  before?: () => Promise<void>;
  close: () => void;
}

function Form({ like, label: title, before, close }: FormProps) {
  const [name, setName] = useState(() => nameAfter(like.TransformJobName));
  const [input, setInput] = useState(like.TransformInput.DataSource.S3DataSource.S3Uri);
  const [output, setOutput] = useState(like.TransformOutput.S3OutputPath);
  const [content, setContent] = useState(like.TransformInput.ContentType ?? '');
  const [split, setSplit] = useState<string>(like.TransformInput.SplitType ?? 'None');
  const [assemble, setAssemble] = useState<string>(like.TransformOutput.AssembleWith ?? 'None');
  const [strategy, setStrategy] = useState<string>(like.BatchStrategy ?? 'MultiRecord');
  const [type, setType] = useState(String(like.TransformResources.InstanceType));
  const [count, setCount] = useState(String(like.TransformResources.InstanceCount));
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const wrong = { name: nameProblem(name), input: uriProblem(input), output: uriProblem(output), type: instanceTypeProblem(type), count: countProblem(count) };
  const create = async () => {
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    await before?.();
    await sagemaker('CreateTransformJob', {
      ...like,
      TransformJobName: name,
      BatchStrategy: strategy as ShapeBatchStrategy,
      TransformInput: {
        ...like.TransformInput,
        DataSource: { S3DataSource: { ...like.TransformInput.DataSource.S3DataSource, S3Uri: input } },
        ContentType: content || undefined,
        SplitType: split as ShapeSplitType,
      },
      TransformOutput: { ...like.TransformOutput, S3OutputPath: output, AssembleWith: assemble as ShapeAssemblyType },
      TransformResources: { ...like.TransformResources, InstanceType: type, InstanceCount: Number(count) },
    });
    close();
    navigate(`/transform-jobs/${encodeURIComponent(name)}`);
  };
  const field = (text: string, value: string, change: (value: string) => void, error?: string, placeholder?: string) => (
    <FormField label={text} errorText={tried ? error : ''}>
      <Input value={value} placeholder={placeholder} onChange={(event) => change(event.detail.value)} />
    </FormField>
  );
  const choose = (text: string, values: string[], value: string, change: (value: string) => void) => (
    <FormField label={text}>
      <Select selectedOption={{ value, label: value }} options={values.map((one) => ({ value: one, label: one }))} onChange={(event) => change(event.detail.selectedOption.value ?? value)} />
    </FormField>
  );
  return (
    <FormModal label={title} go="Create" close={close} submit={create}>
      {field('Job name', name, setName, wrong.name)}
      {field('Input', input, setInput, wrong.input, 's3://bucket/input')}
      {field('Output', output, setOutput, wrong.output, 's3://bucket/output')}
      {field('Content type', content, setContent)}
      {choose('Split type', ['Line', 'None', 'RecordIO', 'TFRecord'], split, setSplit)}
      {choose('Assemble with', ['Line', 'None'], assemble, setAssemble)}
      {choose('Batch strategy', ['MultiRecord', 'SingleRecord'], strategy, setStrategy)}
      {field('Instance type', type, setType, wrong.type)}
      {field('Instance count', count, setCount, wrong.count)}
    </FormModal>
  );
}
