// The way from a resource to its lineage.
import Button from '@cloudscape-design/components/button';
import { useNavigate } from 'react-router-dom';
import { lineagePath } from './vertices';

export function LineageButton({ source }: { source: string | undefined }) {
  const navigate = useNavigate();
  return (
    <Button disabled={!source} onClick={() => source && navigate(lineagePath(source))}>
      Lineage
    </Button>
  );
}
