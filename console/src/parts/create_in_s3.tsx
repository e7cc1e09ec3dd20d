// The forms that make a bucket, and a folder in one.
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createBucket, createFolder, listBuckets } from '../s3';
import { FormButton, FormModal } from './form_modal';
import { useTell } from './frame';
import { bucketNameProblem, folderNameProblem } from './names';

export function CreateBucket() {
  const create = async (name: string) => {
    // S3 takes it for made where it is one's own already.
    if ((await listBuckets()).some((bucket) => bucket.name === name)) throw new Error(`There is a bucket ${name} already.`);
    await createBucket(name);
  };
  return (
    <FormButton label="Create bucket" primary>
      {(close) => (
        <Form label="Create bucket" field="Bucket name" constraint="3 to 63 lower-case letters, digits, hyphens and dots" problemOf={bucketNameProblem} create={create} renewed={['Buckets']} close={close} />
      )}
    </FormButton>
  );
}

export function CreateFolder({ bucket, prefix }: { bucket: string; prefix: string }) {
  return (
    <FormButton label="Create folder">
      {(close) => (
        <Form
          label="Create folder"
          field="Folder name"
          problemOf={(name) => folderNameProblem(prefix, name)}
          create={(name) => createFolder(bucket, `${prefix}${name}/`)}
          renewed={['objects', bucket]}
          close={close}
        />
      )}
    </FormButton>
  );
}

interface Props {
  label: string;
  field: string;
  constraint?: string;
  problemOf: (name: string) => string;
  create: (name: string) => Promise<void>;
  renewed: string[]; // the query of the list that it is in
  close: () => void;
}

function Form({ label, field, constraint, problemOf, create, renewed, close }: Props) {
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const client = useQueryClient();
  const tell = useTell();
  const submit = async () => {
    setTried(true);
    if (problemOf(name)) return;
    await create(name);
    tell('success', `${name} was created.`);
    close();
    await client.invalidateQueries({ queryKey: renewed });
  };
  return (
    <FormModal label={label} go="Create" close={close} submit={submit}>
      <FormField label={field} constraintText={constraint} errorText={tried ? problemOf(name) : ''}>
        <Input value={name} spellcheck={false} onChange={(event) => setName(event.detail.value)} />
      </FormField>
    </FormModal>
  );
}
