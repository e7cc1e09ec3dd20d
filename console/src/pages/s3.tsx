// Buckets and what is in them, by folders.
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import Button from '@cloudscape-design/components/button';
import FileInput from '@cloudscape-design/components/file-input';
import Header from '@cloudscape-design/components/header';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate, useParams, useSearchParams } from 'react-router-dom';
import { bytes } from '../format';
import type { Page } from '../list';
import { usePages } from '../list';
import { Act, Empty, Link, Moment, Plain, Problem } from '../parts/basics';
import { CreateBucket, CreateFolder } from '../parts/create_in_s3';
import { usePlace, useTell } from '../parts/frame';
import { Preview } from '../parts/preview';
import { ResourceTable } from '../parts/resource_table';
import type { S3Object } from '../s3';
import { deleteObject, downloadAddress, listBuckets, listObjects, upload } from '../s3';

const list = { text: 'S3', href: '/s3' };
const pathOf = (bucket: string) => `/s3/${encodeURIComponent(bucket)}`;

const code = `import sagemaker

sagemaker.Session().upload_data("data/", bucket="my-bucket", key_prefix="training")`;

export function Buckets() {
  usePlace(list);
  return (
    <ResourceTable<{ name: string; created: string }>
      name="Buckets"
      keyOf={(bucket) => bucket.name}
      fetchPage={async ({ text, signal }) => ({ items: (await listBuckets(signal)).filter((bucket) => bucket.name.includes(text.toLowerCase())) })}
      columns={[
        { id: 'name', header: 'Name', isRowHeader: true, cell: (bucket) => <Link to={pathOf(bucket.name)}>{bucket.name}</Link> },
        { id: 'created', header: 'Created', cell: (bucket) => <Moment time={bucket.created} /> },
      ]}
      actions={<CreateBucket />}
      empty={<Empty what="buckets" code={code} />}
    />
  );
}

type Entry = { folder: string } | { object: S3Object };

const keyOf = (entry: Entry) => ('folder' in entry ? entry.folder : entry.object.key);

// The last part of a key, for a list of its folder.
function lastPart(key: string, prefix: string): string {
  return key.slice(prefix.length) || key;
}

export function Bucket() {
  const { bucket = '' } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const prefix = search.get('prefix') ?? '', shown = search.get('key') ?? undefined;
  usePlace(list, { text: bucket, href: pathOf(bucket) });
  const entries = usePages<Entry>(['objects', bucket, prefix], async (token, signal): Promise<Page<Entry>> => {
    const page = await listObjects(bucket, prefix, token, signal);
    return { items: [...page.folders.map((folder) => ({ folder })), ...page.objects.map((object) => ({ object }))], next: page.next };
  });
  const place = (query: Record<string, string>) => `${pathOf(bucket)}?${new URLSearchParams(query)}`;
  const parts = prefix.split('/').slice(0, -1);
  return (
    <SpaceBetween size="l">
      <BreadcrumbGroup
        ariaLabel="Folders"
        items={[bucket, ...parts].map((text, depth) => ({ text, href: `/-/console${place({ prefix: parts.slice(0, depth).map((part) => `${part}/`).join('') })}` }))}
        onFollow={(event) => {
          event.preventDefault();
          navigate(event.detail.href.replace('/-/console', ''));
        }}
      />
      <Problem error={entries.error} />
      <Table<Entry>
        items={entries.items}
        trackBy={keyOf}
        loading={entries.isPending}
        loadingText="Loading objects"
        wrapLines
        ariaLabels={{ tableLabel: 'Objects' }}
        empty={<Empty what="objects" code={code} />}
        header={
          <Header
            variant="h1"
            counter={`(${entries.items.length}${entries.hasNextPage ? '+' : ''})`}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void entries.refetch()} />
                <CreateFolder bucket={bucket} prefix={prefix} />
                <Upload bucket={bucket} prefix={prefix} />
              </SpaceBetween>
            }
          >
            Objects
          </Header>
        }
        columnDefinitions={[
          {
            id: 'name',
            header: 'Name',
            isRowHeader: true,
            cell: (entry) => (
              <Link to={place('folder' in entry ? { prefix: entry.folder } : { prefix, key: entry.object.key })}>
                <Plain text={lastPart(keyOf(entry), prefix)} />
              </Link>
            ),
          },
          { id: 'size', header: 'Size', cell: (entry) => ('object' in entry ? bytes(entry.object.size) : '-') },
          { id: 'modified', header: 'Last modified', cell: (entry) => ('object' in entry ? <Moment time={entry.object.modified} /> : '-') },
          { id: 'actions', header: 'Actions', cell: (entry) => ('object' in entry ? <Actions bucket={bucket} name={entry.object.key} /> : null) },
        ]}
        footer={
          entries.hasNextPage ? (
            <Button loading={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>
              Show more
            </Button>
          ) : undefined
        }
      />
      {shown ? <Preview key={shown} bucket={bucket} name={shown} /> : null}
    </SpaceBetween>
  );
}

function Actions({ bucket, name }: { bucket: string; name: string }) {
  const tell = useTell();
  const download = async () => {
    try {
      const link = document.createElement('a');
      link.href = await downloadAddress(bucket, name);
      link.download = '';
      link.click();
    } catch (error) {
      tell('error', error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button ariaLabel={`Download ${name}`} onClick={() => void download()}>
        Download
      </Button>
      <Act label="Delete" question={`Delete ${name} from ${bucket}?`} done={`${name} was deleted.`} act={() => deleteObject(bucket, name)} />
    </SpaceBetween>
  );
}

function Upload({ bucket, prefix }: { bucket: string; prefix: string }) {
  const [share, setShare] = useState<number>();
  const client = useQueryClient();
  const tell = useTell();
  const send = async (files: File[]) => {
    try {
      for (const [index, file] of files.entries()) {
        await upload(bucket, prefix + file.name, file, (part) => setShare((index + part) / files.length));
      }
      tell('success', files.length === 1 ? `${files[0]?.name} was uploaded.` : `${files.length} files were uploaded.`);
    } catch (error) {
      tell('error', error instanceof Error ? error.message : String(error));
    }
    setShare(undefined);
    await client.invalidateQueries({ queryKey: ['objects', bucket] });
  };
  if (share !== undefined) return <ProgressBar value={share * 100} ariaLabel="Upload" />;
  return (
    <FileInput multiple value={[]} onChange={(event) => void send(event.detail.value)}>
      Upload
    </FileInput>
  );
}
