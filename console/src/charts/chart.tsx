// A chart with what can be done with it: saved as a picture, its data as CSV.
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import type { ReactNode } from 'react';
import { useEffect, useRef, useState } from 'react';
import { writeCsv } from '../parts/csv';
import { isDark } from '../theme';

interface Props {
  title: string;
  option: EChartsCoreOption;
  rows: () => (string | number | undefined)[][];
  points?: number; // that are drawn
  controls?: ReactNode;
  onRemove?: () => void;
}

// A page that will show charts may begin before it has what they show.
export const loadCharts = () => import('./echarts');

function save(address: string, name: string): void {
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}

export function Chart({ title, option, rows, points, controls, onRemove }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<EChartsType>();
  useEffect(() => {
    let made: EChartsType | undefined, gone = false;
    void loadCharts().then(({ init }) => {
      if (gone || !box.current) return;
      made = init(box.current, isDark() ? 'dark' : undefined);
      setChart(made);
    });
    const fit = new ResizeObserver(() => made?.resize());
    if (box.current) fit.observe(box.current);
    return () => {
      gone = true;
      fit.disconnect();
      made?.dispose();
    };
  }, []);
  useEffect(() => {
    if (!chart || chart.isDisposed()) return;
    chart.setOption({ backgroundColor: 'transparent', ...option }, { notMerge: true });
    box.current?.setAttribute('data-drawn', 'true');
    if (points !== undefined) box.current?.setAttribute('data-points', String(points));
  }, [chart, option, points]);
  const file = title.replace(/[^\w.-]+/g, '_');
  const savePicture = () => {
    if (chart) save(chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: isDark() ? '#0f1b2a' : '#ffffff' }), `${file}.png`);
  };
  const saveData = () => {
    const address = URL.createObjectURL(new Blob([writeCsv(rows())], { type: 'text/csv' }));
    save(address, `${file}.csv`);
    URL.revokeObjectURL(address);
  };
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={savePicture} ariaLabel={`Save ${title} as PNG`}>PNG</Button>
              <Button onClick={saveData} ariaLabel={`Save the data of ${title} as CSV`}>CSV</Button>
              {onRemove ? <Button iconName="close" ariaLabel={`Remove ${title}`} onClick={onRemove} /> : null}
            </SpaceBetween>
          }
        >
          <bdi className="plain">{title}</bdi>
        </Header>
      }
    >
      <SpaceBetween size="s">
        {controls}
        <div ref={box} className="chart" role="img" aria-label={title} />
      </SpaceBetween>
    </Container>
  );
}
