// A field of a form for names with texts, as JSON.
import FormField from '@cloudscape-design/components/form-field';
import Textarea from '@cloudscape-design/components/textarea';

interface Props {
  label: string;
  value: string;
  rows: number;
  error: string;
  change: (value: string) => void;
}

export function JsonField({ label, value, rows, error, change }: Props) {
  return (
    <FormField label={label} description="As JSON" errorText={error}>
      <Textarea value={value} rows={rows} spellcheck={false} onChange={(event) => change(event.detail.value)} />
    </FormField>
  );
}
