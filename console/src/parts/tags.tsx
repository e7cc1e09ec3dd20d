// The tags of a resource, which can be edited.
import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Box from '@cloudscape-design/components/box';
import Input from '@cloudscape-design/components/input';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { sagemaker } from '../aws';
import type { ShapeTag } from '../generated/sagemaker';
import { Plain, Problem } from './basics';
import { Rows } from './details';
import { FormButton, FormModal } from './form_modal';
import { mostTags, tagChanges, tagProblem } from './tag_changes';

export function Tags({ arn }: { arn: string | undefined }) {
  const tags = useQuery({
    queryKey: ['tags', arn],
    enabled: arn !== undefined,
    queryFn: ({ signal }) => sagemaker('ListTags', { ResourceArn: arn ?? '', MaxResults: 50 }, signal),
  });
  return (
    <>
      <Problem error={tags.error} />
      <Rows
        title="Tags"
        empty={tags.error ? '-' : undefined}
        loading={tags.isPending}
        items={tags.data?.Tags ?? []}
        columns={[
          { name: 'Key', cell: (tag) => <Plain text={tag.Key} /> },
          { name: 'Value', cell: (tag) => <Plain text={tag.Value} /> },
        ]}
        actions={
          <FormButton label="Edit tags" disabled={!tags.data}>
            {(close) => arn && tags.data && <Form arn={arn} old={tags.data.Tags ?? []} close={close} />}
          </FormButton>
        }
      />
    </>
  );
}

function Form({ arn, old, close }: { arn: string; old: ShapeTag[]; close: () => void }) {
  const [tags, setTags] = useState(old);
  const [tried, setTried] = useState(false);
  const client = useQueryClient();
  const save = async () => {
    setTried(true);
    if (tags.some((_, index) => tagProblem(tags, index))) return;
    const { removed, added } = tagChanges(old, tags);
    if (removed.length > 0) await sagemaker('DeleteTags', { ResourceArn: arn, TagKeys: removed });
    if (added.length > 0) await sagemaker('AddTags', { ResourceArn: arn, Tags: added });
    await client.invalidateQueries({ queryKey: ['tags', arn] });
    close();
  };
  const change = (index: number, part: Partial<ShapeTag>) => setTags(tags.map((tag, other) => (other === index ? { ...tag, ...part } : tag)));
  return (
    <FormModal label="Edit tags" go="Save" close={close} submit={save}>
      <AttributeEditor
        items={tags}
        addButtonText="Add tag"
        removeButtonText="Remove"
        removeButtonAriaLabel={(tag) => `Remove ${tag.Key}`}
        disableAddButton={tags.length >= mostTags}
        onAddButtonClick={() => setTags([...tags, { Key: '', Value: '' }])}
        onRemoveButtonClick={(event) => setTags(tags.filter((_, index) => index !== event.detail.itemIndex))}
        empty={<Box color="text-body-secondary">No tags</Box>}
        definition={[
          {
            label: 'Key',
            control: (tag, index) => <Input value={tag.Key} ariaLabel={`Key ${index + 1}`} onChange={(event) => change(index, { Key: event.detail.value })} />,
            errorText: (_, index) => (tried ? tagProblem(tags, index) : ''),
          },
          { label: 'Value', control: (tag, index) => <Input value={tag.Value} ariaLabel={`Value ${index + 1}`} onChange={(event) => change(index, { Value: event.detail.value })} /> },
        ]}
      />
    </FormModal>
  );
}
