// The form that runs a model over files of S3.
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { sagemaker } from '../aws';
import type { ShapeBatchStrategy, ShapeSplitType } from '../generated/sagemaker';
import { FormModal } from './form_modal';
import { countProblem, instanceTypeProblem, nameAfter, nameProblem, uriProblem } from './names';

export function CreateTransform({ model }: { model: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>Create batch transform job</Button>
      {open ? <Form model={model} close={() => setOpen(false)} /> : null}
    </>
  );
}

function Form({ model, close }: { model: string; close: () => void }) {
  const [name, setName] = useState(() => nameAfter(model));
  const [input, setInput] = useState('');
  const [output, setOutput] = useState('');
  const [content, setContent] = useState('text/csv');
  const [split, setSplit] = useState('Line');
  const [strategy, setStrategy] = useState('MultiRecord');
  const [type, setType] = useState('ml.m5.large');
  const [count, setCount] = useState('1');
  const [tried, setTried] = useState(false);
  const navigate = useNavigate();
  const wrong = { name: nameProblem(name), input: uriProblem(input), output: uriProblem(output), type: instanceTypeProblem(type), count: countProblem(count) };
  const create = async () => {
    setTried(true);
    if (Object.values(wrong).some(Boolean)) return;
    await sagemaker('CreateTransformJob', {
      TransformJobName: name,
      ModelName: model,
      BatchStrategy: strategy as ShapeBatchStrategy,
      TransformInput: { DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: input } }, ContentType: content, SplitType: split as ShapeSplitType },
      TransformOutput: { S3OutputPath: output, AssembleWith: split === 'Line' ? 'Line' : 'None' },
      TransformResources: { InstanceType: type, InstanceCount: Number(count) },
    });
    navigate(`/transform-jobs/${encodeURIComponent(name)}`);
  };
  const field = (label: string, value: string, change: (value: string) => void, error?: string, placeholder?: string) => (
    <FormField label={label} errorText={tried ? error : ''}>
      <Input value={value} placeholder={placeholder} onChange={(event) => change(event.detail.value)} />
    </FormField>
  );
  const choose = (label: string, values: string[], value: string, change: (value: string) => void) => (
    <FormField label={label}>
      <Select selectedOption={{ value, label: value }} options={values.map((one) => ({ value: one, label: one }))} onChange={(event) => change(event.detail.selectedOption.value ?? value)} />
    </FormField>
  );
  return (
    <FormModal label="Create batch transform job" go="Create" close={close} submit={create}>
      {field('Job name', name, setName, wrong.name)}
      {field('Input', input, setInput, wrong.input, 's3://bucket/input')}
      {field('Output', output, setOutput, wrong.output, 's3://bucket/output')}
      {field('Content type', content, setContent)}
      {choose('Split type', ['Line', 'None', 'RecordIO', 'TFRecord'], split, setSplit)}
      {choose('Batch strategy', ['MultiRecord', 'SingleRecord'], strategy, setStrategy)}
      {field('Instance type', type, setType, wrong.type)}
      {field('Instance count', count, setCount, wrong.count)}
    </FormModal>
  );
}
