// Sends a body to the endpoint as any client would, and shows what came back.
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import FileInput from '@cloudscape-design/components/file-input';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Textarea from '@cloudscape-design/components/textarea';
import { useState } from 'react';
import { send } from '../aws';
import { bytes } from '../format';
import type { ShapeDescribeEndpointOutput } from '../generated/sagemaker';
import { escape } from '../uri';
import { Problem } from './basics';
import { Section } from './details';

const types = ['text/csv', 'application/json', 'application/jsonlines', 'text/libsvm', 'application/x-npy', 'application/octet-stream'];
const any = 'Any';

interface Answer {
  text: string;
  type: string;
  variant: string;
  milliseconds: number;
}

async function asText(answer: Response): Promise<string> {
  const type = answer.headers.get('content-type') ?? '';
  if (/^(text\/|application\/(json|x-ndjson|jsonlines|xml))/.test(type)) return answer.text();
  return `${bytes((await answer.blob()).size)} of ${type || 'unknown type'}`;
}

export function TestInference({ endpoint }: { endpoint: ShapeDescribeEndpointOutput }) {
  const [type, setType] = useState('text/csv');
  const [accept, setAccept] = useState(any);
  const [variant, setVariant] = useState(any);
  const [text, setText] = useState('');
  const [file, setFile] = useState<File>();
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Answer>();
  const [problem, setProblem] = useState<unknown>();
  const options = (values: string[]) => values.map((value) => ({ label: value, value }));
  const invoke = async () => {
    setBusy(true);
    setProblem(undefined);
    setAnswer(undefined);
    const headers: Record<string, string> = { 'content-type': type };
    if (accept !== any) headers.accept = accept;
    if (variant !== any) headers['x-amzn-sagemaker-target-variant'] = variant;
    const start = performance.now();
    try {
      const body = file ? await file.arrayBuffer().then((content) => new Blob([content])) : text;
      const got = await send({ service: 'sagemaker', path: `/endpoints/${escape(endpoint.EndpointName)}/invocations`, headers, body });
      setAnswer({
        text: await asText(got),
        type: got.headers.get('content-type') ?? '',
        variant: got.headers.get('x-amzn-invoked-production-variant') ?? '',
        milliseconds: performance.now() - start,
      });
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <SpaceBetween size="l">
      <Container
        header={<Header variant="h2">Test inference</Header>}
        footer={
          <Button variant="primary" loading={busy} disabled={endpoint.EndpointStatus !== 'InService'} onClick={() => void invoke()}>
            Send request
          </Button>
        }
      >
        <SpaceBetween size="m">
          <FormField label="Content type">
            <Select selectedOption={{ label: type, value: type }} options={options(types)} onChange={(event) => setType(event.detail.selectedOption.value ?? type)} />
          </FormField>
          <FormField label="Accept">
            <Select selectedOption={{ label: accept, value: accept }} options={options([any, ...types])} onChange={(event) => setAccept(event.detail.selectedOption.value ?? any)} />
          </FormField>
          <FormField label="Variant">
            <Select
              selectedOption={{ label: variant, value: variant }}
              options={options([any, ...(endpoint.ProductionVariants ?? []).map((one) => one.VariantName)])}
              onChange={(event) => setVariant(event.detail.selectedOption.value ?? any)}
            />
          </FormField>
          <FormField label="Body">
            <Textarea value={text} rows={6} disabled={file !== undefined} placeholder="5.1,3.5,1.4,0.2" onChange={(event) => setText(event.detail.value)} />
          </FormField>
          <FormField label="Or a file" constraintText={file ? `${file.name}, ${bytes(file.size)}` : undefined}>
            <SpaceBetween direction="horizontal" size="xs">
              <FileInput value={file ? [file] : []} onChange={(event) => setFile(event.detail.value[0])}>
                Choose a file
              </FileInput>
              {file ? <Button onClick={() => setFile(undefined)}>Without the file</Button> : null}
            </SpaceBetween>
          </FormField>
        </SpaceBetween>
      </Container>
      <Problem error={problem} />
      {answer ? (
        <>
          <Section
            title="Answer"
            values={[
              ['Content type', answer.type],
              ['Variant', answer.variant],
              ['Time', `${answer.milliseconds.toFixed(1)} ms`],
            ]}
          />
          <Container header={<Header variant="h2">Body</Header>}>
            <pre className="code" data-testid="inference-answer">
              {answer.text}
            </pre>
          </Container>
        </>
      ) : null}
    </SpaceBetween>
  );
}
