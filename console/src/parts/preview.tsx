// The start of an object: a table, a picture or text, as its name or type says. Nothing of it is ever run: text is shown as text.
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { bytes } from '../format';
import { readStart } from '../s3';
import { Plain, Problem } from './basics';
import { decode, kindOf } from './content';
import { readCsv } from './csv';
import { Rows } from './details';

const mostText = 256 * 1024, mostImage = 16 * 1024 * 1024, mostRows = 100;

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // cut off, or not JSON after all
  }
}

export function Preview({ bucket, name }: { bucket: string; name: string }) {
  const image = kindOf(name, '') === 'image';
  const start = useQuery({
    queryKey: ['preview', bucket, name],
    queryFn: async ({ signal }) => {
      const { blob, type } = await readStart(bucket, name, image ? mostImage : mostText, signal);
      return { blob, kind: kindOf(name, type), text: image ? undefined : decode(new Uint8Array(await blob.arrayBuffer())) };
    },
  });
  const data = start.data;
  if (data?.kind === 'csv' && data.text !== undefined) {
    const rows = readCsv(data.text, mostRows);
    const width = Math.max(0, ...rows.map((row) => row.length));
    return (
      <Rows
        title={`Preview of ${name}`}
        items={rows}
        columns={Array.from({ length: Math.min(width, 50) }, (_, column) => ({ name: String(column + 1), cell: (row: string[]) => <Plain text={row[column]} /> }))}
      />
    );
  }
  return (
    <Container header={<Header variant="h2">Preview of {name}</Header>}>
      <Problem error={start.error} />
      {data?.kind === 'image' ? <Picture blob={data.blob} name={name} /> : null}
      {data && data.kind !== 'image' ? (
        <pre className="code" data-testid="preview">
          {data.text === undefined ? `${bytes(data.blob.size)} that are not text` : data.kind === 'json' ? indented(data.text) : data.text}
        </pre>
      ) : null}
    </Container>
  );
}

function Picture({ blob, name }: { blob: Blob; name: string }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address ? <img className="preview-image" src={address} alt={name} /> : null;
}
